using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;
using Xunit.Abstractions;

namespace ConnectAgent.FunctionalTests.Abuse;

/// <summary>
/// What a caller on the host can make the agent hold: made-up tokens, names, targets and filters of every length, and archives that unpack to much,
/// all at once. Real services are answered throughout, and memory stays bounded and returns (faults FA-1, FA-2, FA-6). A short form is in the suite;
/// <c>SOAK=1</c> takes a minute of abuse and a minute of rest.
/// </summary>
public sealed class AbuseTests(ITestOutputHelper output) : IAsyncLifetime
{
    private const int MostResident = 250;
    private const int MostKept = 40;

    // Of each kind of call some, so that code is compiled and pools are filled as in an agent that runs for a while.
    private const int WarmUp = 300;

    private static readonly TimeSpan Length = TimeSpan.FromSeconds(Soak.Of(6, 60));
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(60);
    private readonly byte[][] _bombs = [SnapshotBomb.LongName(Soak.Of(64L, 600L) << 20), SnapshotBomb.Zeros("state.bin", Soak.Of(64L, 900L) << 20)];
    private readonly string[] _services = [.. Enumerable.Range(0, 20).Select(static number => $"real-{number}")];
    private AclAgent _agent = null!;
    private AclToken _own = null!;

    // Its own: that of the agent watches for every token that was ever sent.
    private HttpClient _abuser = null!;
    private int _sent;

    public async Task InitializeAsync()
    {
        _agent = await AclAgent.StartAsync(new JsonObject { ["log_level"] = "err" });
        _abuser = new HttpClient { BaseAddress = _agent.Process.Address };
        _own = await _agent.TokenAsync("service_prefix \"\" { policy = \"write\" }");

        // Whoever comes without a token may ask about every service: the widest door there is.
        await _agent.SendAsync(HttpMethod.Put, "/v1/agent/token/default", new JsonObject { ["Token"] = _own.SecretId });
    }

    public async Task DisposeAsync()
    {
        _abuser.Dispose();
        await _agent.DisposeAsync();
    }

    [Fact]
    public async Task FA_1_2_6_Memory_stays_bounded_and_returns_while_real_services_are_answered()
    {
        // Given
        foreach (var service in _services)
        {
            await AskAsync(service, _own.SecretId);
        }

        await WarmUpAsync(new Random(Length.Seconds));
        var memory = new ResidentMemory(_agent.Process.Process.Id);
        var before = memory.Now;
        memory.ForgetPeak();

        // When
        await using var stalled = await StalledCallers.SendBodiesAsync(_agent.Http.BaseAddress!, 150);
        using var end = new CancellationTokenSource(Length);
        var abuse = Enumerable.Range(0, 8).Select(seed => Task.Run(() => AbuseAsync(new Random(seed), end.Token))).ToList();
        var answered = 0;
        var slowest = TimeSpan.Zero;
        while (!end.IsCancellationRequested)
        {
            var start = Stopwatch.GetTimestamp();
            await AskAsync(_services[answered++ % _services.Length], answered % 2 == 0 ? _own.SecretId : string.Empty);
            slowest = TimeSpan.FromTicks(Math.Max(slowest.Ticks, Stopwatch.GetElapsedTime(start).Ticks));
        }

        await Task.WhenAll(abuse);
        var peak = memory.Peak;

        // Then
        output.WriteLine($"{_sent} requests of abuse; real services answered {answered} times, slowest {slowest.TotalMilliseconds:0} ms; resident {before} MB before, {peak} MB at most, {memory.Now} MB at its end");
        peak.Should().BeLessThan(MostResident);
        answered.Should().BeGreaterThan(0);
        await ReturnedAsync(memory, before + MostKept);
        output.WriteLine($"{memory.Now} MB after the rest");
    }

    [Fact] // the web server holds heads of up to a megabyte for half a minute before anything of ours sees a request
    public async Task FA_1_Heads_that_never_end_are_held_in_few_places()
    {
        // Given
        await AskAsync(_services[0], _own.SecretId);
        var memory = new ResidentMemory(_agent.Process.Process.Id);
        var before = memory.Now;
        memory.ForgetPeak();

        // When
        await using var stalled = await StalledCallers.SendHeadsAsync(_agent.Http.BaseAddress!, 190);
        await stalled.SentAsync();

        // Then
        output.WriteLine($"resident {before} MB before, {memory.Peak} MB at most");
        memory.Peak.Should().BeLessThan(MostResident);
        await AskAsync(_services[0], _own.SecretId);
    }

    // How soon memory returns is the collector's affair: the event is waited for, up to the rest that it may take.
    private static async Task ReturnedAsync(ResidentMemory memory, int most)
    {
        using var limit = new CancellationTokenSource(Rest);
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
        while (memory.Now > most)
        {
            try
            {
                await pause.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                memory.Now.Should().BeLessThanOrEqualTo(most, "memory returns within {0} s of rest", Rest.TotalSeconds);
            }
        }
    }

    // A leaf and a decision of a service that is real.
    private async Task AskAsync(string service, string token)
    {
        var leaf = await _agent.GetAsync("/v1/agent/connect/ca/leaf/" + service, token);
        leaf.Status.Should().Be(200, leaf.Body);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/agent/connect/authorize")
        {
            Content = JsonContent.Create(new JsonObject
            {
                ["Target"] = service,
                ["ClientCertURI"] = (string)JsonNode.Parse(leaf.Body)!["ServiceURI"]!,
                ["ClientCertSerial"] = (string)JsonNode.Parse(leaf.Body)!["SerialNumber"]!,
            }),
        };
        request.Headers.Add("X-Consul-Token", token);
        using var answer = await _agent.Http.SendAsync(request);
        answer.StatusCode.Should().Be(HttpStatusCode.OK, await answer.Content.ReadAsStringAsync());
    }

    private async Task WarmUpAsync(Random random)
    {
        for (var i = 0; i < WarmUp; i++)
        {
            await AbuseOnceAsync(random, CancellationToken.None);
            await AskAsync(_services[i % _services.Length], _own.SecretId);
        }
    }

    private async Task AbuseAsync(Random random, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await AbuseOnceAsync(random, end);
            Interlocked.Increment(ref _sent);
        }
    }

    private async Task AbuseOnceAsync(Random random, CancellationToken end)
    {
        using var request = Make(random);
        try
        {
            using var answer = await _abuser.SendAsync(request, end);
            await answer.Content.LoadIntoBufferAsync(end);
        }
        catch (Exception error) when (error is HttpRequestException or OperationCanceledException or IOException)
        {
            // A request that is refused in its middle, and the end.
        }
    }

    private HttpRequestMessage Make(Random random)
    {
        var request = random.Next(100) switch
        {
            0 => new HttpRequestMessage(HttpMethod.Put, "/v1/snapshot") { Content = new ByteArrayContent(_bombs[random.Next(_bombs.Length)]) },
            < 15 => Tokened(Get("/v1/agent/connect/ca/roots"), Text(random, 900_000)),
            < 25 => Tokened(Get("/v1/agent/connect/ca/roots"), Text(random, 4_000)),
            < 30 => Get("/v1/agent/connect/ca/roots?filter=" + Text(random, 64_000)),
            < 35 => Get("/v1/connect/intentions/match?by=destination&cached&name=" + Text(random, 500)),
            < 40 => Get("/v1/connect/intentions/match?by=destination&cached" + string.Concat(Enumerable.Range(0, 50).Select(_ => "&name=" + Text(random, 500)))),
            < 45 => Get("/v1/agent/connect/ca/leaf/" + Text(random, 60)),
            < 50 => Get("/v1/agent/connect/ca/roots?dc=" + Text(random, 500)),
            < 55 => Get("/v1/health/connect/" + Text(random, 500) + "?cached&filter=" + Text(random, 8_000)),
            < 65 => Authorize(Text(random, 1_000_000)),
            < 75 => Authorize(Text(random, 500)),
            _ => Authorize(Text(random, 20)),
        };
        if (request.Method == HttpMethod.Put)
        {
            request.Headers.Add("X-Consul-Token", AclAgent.Management);
        }

        return request;
    }

    private static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);

    private static HttpRequestMessage Tokened(HttpRequestMessage request, string token)
    {
        request.Headers.Add("X-Consul-Token", token);
        return request;
    }

    private static HttpRequestMessage Authorize(string target) => new(HttpMethod.Post, "/v1/agent/connect/authorize")
    {
        Content = JsonContent.Create(new JsonObject
        {
            ["Target"] = target,
            ["ClientCertURI"] = "spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/real-1",
            ["ClientCertSerial"] = "0a",
        }),
    };

    // Unlike any other, as long as asked for, and cheap to make.
    private static string Text(Random random, int length)
    {
        var start = random.NextInt64(long.MaxValue).ToString("x16", System.Globalization.CultureInfo.InvariantCulture);
        return length <= start.Length ? start[..length] : start + new string('x', length - start.Length);
    }
}
