using System.Collections.Concurrent;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>One agent of the servers, and those who use it: one asks for decisions without end, others keep reads parked.</summary>
internal sealed class RollingAgent(RollingState state, AgentProcess process) : IAsyncDisposable
{
    // A proxy that is busy but not a benchmark: eight of these share a small machine with everything else.
    private static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(5);

    // The pauses of a back-off double from two seconds on, so it takes a minute until they are long.
    private static readonly TimeSpan Outage = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan Retry = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentQueue<Answer>[] _answers = [.. RollingState.Targets.Select(static _ => new ConcurrentQueue<Answer>())];
    private readonly int[] _parked = [.. RollingState.Watched.Select(static _ => -1)];
    private int _decisions;
    private int _wakes;
    private int _failures;
    private int _misses;

    public AgentProcess Process => process;

    public int Decisions => Volatile.Read(ref _decisions);

    /// <summary>Parked reads that were answered with something new.</summary>
    public int Wakes => Volatile.Read(ref _wakes);

    /// <summary>Parked reads that failed because no server was there, as they should.</summary>
    public int ParkedFailures => Volatile.Read(ref _failures);

    /// <summary>What is wrong without any judging.</summary>
    public ConcurrentQueue<string> Wrong { get; } = new();

    /// <summary>How long decisions took.</summary>
    public ConcurrentQueue<double> Hits { get; } = new();

    /// <summary>What reached who was parked, by target.</summary>
    public ConcurrentQueue<Answer>[] Woken { get; } = [.. RollingState.Watched.Select(static _ => new ConcurrentQueue<Answer>())];

    /// <summary>Keys of active roots, as parked readers got them.</summary>
    public ConcurrentQueue<(TimeSpan Start, TimeSpan End, string Key)> Roots { get; } = new();

    /// <summary>Keys that leaves were signed with.</summary>
    public ConcurrentQueue<(TimeSpan Start, TimeSpan End, string Key)> Leaves { get; } = new();

    public IEnumerable<Answer> AnswersAbout(int target) => _answers[target].Concat(target < Woken.Length ? Woken[target] : []);

    public static async Task<RollingAgent> StartAsync(RollingState state, IEnumerable<Uri> servers) => new(state, await AgentProcess.StartClientAsync(
        servers,
        new JsonObject
        {
            ["connect_agent"] = new JsonObject { ["server_timeout"] = "2s" },
            ["connect"] = new JsonObject { ["test_ca_leaf_root_change_spread"] = "1s" },
        }));

    /// <summary>Asks for everything once, so that it is cached.</summary>
    public async Task WarmAsync()
    {
        await process.WarmAsync();
        foreach (var target in RollingState.Targets)
        {
            (await process.AuthorizeAsync(target)).Status.Should().Be(200);
        }
    }

    public Task RunAsync(int seed, CancellationToken end) => Task.WhenAll([
        DecideAsync(new Random(seed), end),
        ParkAsync("/v1/agent/connect/ca/roots?", Take(Roots, static answer => RollingServer.KeyOf(answer.Json)), end),
        ParkAsync("/v1/agent/connect/ca/leaf/web?", Take(Leaves, SignerOf), end),
        .. Enumerable.Range(0, RollingState.Watched.Length).Select(target => ParkAsync(
            RollingState.MatchOf(RollingState.Watched[target]) + "&",
            (start, stop, answer) =>
            {
                var generation = GenerationOf(answer);
                Woken[target].Enqueue(new Answer(start, stop, generation));
                Volatile.Write(ref _parked[target], generation);
            },
            end)),
    ]);

    /// <summary>Whether the agent shows of every target what was written up to a generation, to who asks and to who is parked.</summary>
    public async Task<bool> HasAsync(IReadOnlyList<int> generations)
    {
        for (var target = 0; target < generations.Count; target++)
        {
            if (target < _parked.Length && Volatile.Read(ref _parked[target]) < generations[target])
            {
                return false;
            }

            if (await LookAsync(target) < generations[target])
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Waits until all that nobody is parked on will not be fetched again for so long, because it failed so often.</summary>
    public Task IsPatientAsync(TimeSpan pause) => ClientAgent.UntilAsync(
        async () => (await process.GetAsync("/v1/agent/connect/cache?kind=intention-match")).List
            .Where(static entry => RollingState.Targets.Except(RollingState.Watched).Any(target => ((string)entry!["Key"]!).EndsWith(target, StringComparison.Ordinal)))
            .All(entry => entry!["LastError"]?["NextAttempt"] is { } next && (DateTimeOffset)next > TimeProvider.System.GetUtcNow() + pause),
        Outage);

    /// <summary>Whether roots and leaf are those of a key, for who is parked.</summary>
    public bool HasKey(string key) => Roots.LastOrDefault().Key == key && Leaves.LastOrDefault().Key == key;

    /// <summary>Asks about what was never asked before, and forgets it.</summary>
    /// <returns>How long it took, and the error if it failed.</returns>
    public Task<(double Milliseconds, string? Error)> MissAsync() => MissAsync(process, Interlocked.Increment(ref _misses), Wrong);

    /// <inheritdoc cref="MissAsync()"/>
    public static async Task<(double Milliseconds, string? Error)> MissAsync(AgentProcess agent, int number, ConcurrentQueue<string> wrong)
    {
        var target = "fresh-" + number.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var isDenied = number % 2 == 0;
        var start = TimeProvider.System.GetTimestamp();
        var answer = await agent.AuthorizeAsync(target, isDenied ? "denied" : "web");
        var took = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
        if (answer.Status != 200)
        {
            if (answer.Status != 500 || !answer.Body.StartsWith("rpc error ", StringComparison.Ordinal))
            {
                wrong.Enqueue($"a miss: {answer.Status} {answer.Body}");
            }

            return (took, answer.Body);
        }

        if ((bool)answer.Json["Authorized"]! == isDenied || answer.Header("X-Cache") != "MISS")
        {
            wrong.Enqueue($"a miss was answered {answer.Header("X-Cache")} {answer.Body}");
        }

        // An entry that stays would be held at the server: many of them, and the agent polls instead.
        var entry = (await agent.GetAsync("/v1/agent/connect/cache?kind=intention-match")).List
            .Single(entry => ((string)entry!["Key"]!).EndsWith(target, StringComparison.Ordinal));
        using var dropped = await agent.Http.DeleteAsync(new Uri("/v1/agent/connect/cache/" + (string)entry!["Id"]!, UriKind.Relative));
        dropped.EnsureSuccessStatusCode();
        return (took, null);
    }

    public ValueTask DisposeAsync() => process.DisposeAsync();

    private static int GenerationOf(ClientAnswer match) => match.Json.Single().Value is JsonArray intentions
        ? RollingState.GenerationOf(intentions.Where(one => (string)one!["DestinationName"]! != "*"), "SourceName") : -1;

    private static string SignerOf(ClientAnswer leaf)
    {
        using var certificate = X509Certificate2.CreateFromPem((string)leaf.Json["CertPEM"]!);
        var key = certificate.Extensions.OfType<X509AuthorityKeyIdentifierExtension>().Single().KeyIdentifier!.Value;
        return string.Join(':', Convert.ToHexStringLower(key.Span).Chunk(2).Select(static pair => new string(pair)));
    }

    private static Action<TimeSpan, TimeSpan, ClientAnswer> Take(ConcurrentQueue<(TimeSpan Start, TimeSpan End, string Key)> to, Func<ClientAnswer, string> keyOf) =>
        (start, end, answer) => to.Enqueue((start, end, keyOf(answer)));

    private async Task<int> LookAsync(int target)
    {
        var start = state.Now;
        var answer = await process.GetAsync(RollingState.MatchOf(RollingState.Targets[target]));
        if (answer.Status != 200)
        {
            Wrong.Enqueue($"{RollingState.Targets[target]} is cached and was answered {answer.Status} {answer.Body}");
            return -1;
        }

        var generation = GenerationOf(answer);
        _answers[target].Enqueue(new Answer(start, state.Now, generation));
        return generation;
    }

    private async Task DecideAsync(Random random, CancellationToken end)
    {
        using var pace = new PeriodicTimer(Pace);
        while (!end.IsCancellationRequested && await pace.WaitForNextTickAsync(CancellationToken.None))
        {
            if (random.Next(10) == 0)
            {
                // It shows the whole state, where a decision shows one bit.
                await LookAsync(random.Next(RollingState.Targets.Length));
                continue;
            }

            var (target, peer) = (random.Next(RollingState.Targets.Length), random.Next(RollingState.Peers));
            var start = state.Now;
            var answer = await process.AuthorizeAsync(RollingState.Targets[target], "p" + peer);
            var stop = state.Now;

            // CACHE-29: whatever happens to the servers.
            if (answer.Status != 200 || answer.Header("X-Cache") != "HIT")
            {
                Wrong.Enqueue($"{RollingState.Targets[target]} was answered {answer.Status} {answer.Header("X-Cache")} {answer.Body}");
                continue;
            }

            _answers[target].Enqueue(new Answer(start, stop, null, peer, (bool)answer.Json["Authorized"]!));
            Hits.Enqueue((stop - start).TotalMilliseconds);
            Interlocked.Increment(ref _decisions);
        }
    }

    private async Task ParkAsync(string path, Action<TimeSpan, TimeSpan, ClientAnswer> take, CancellationToken end)
    {
        var index = 0UL;
        while (!end.IsCancellationRequested)
        {
            try
            {
                var start = state.Now;
                var answer = await process.GetAsync($"{path}index={index}&wait=60s", end);
                if (answer.Status == 200)
                {
                    var news = answer.Index;
                    if (news < index)
                    {
                        Wrong.Enqueue($"{path} went back from {index} to {news}");
                    }

                    take(start, state.Now, answer);
                    Interlocked.Add(ref _wakes, news > index ? 1 : 0);
                    index = news;
                    continue;
                }

                // CACHE-9: who is parked learns at once that there is no server.
                if (answer.Status != 500 || !answer.Body.StartsWith("rpc error ", StringComparison.Ordinal))
                {
                    Wrong.Enqueue($"{path} was answered {answer.Status} {answer.Body}");
                }

                Interlocked.Increment(ref _failures);
                await Task.Delay(Retry, TimeProvider.System, end);
            }
            catch (OperationCanceledException) when (end.IsCancellationRequested)
            {
                // The end of the run.
            }
        }
    }
}
