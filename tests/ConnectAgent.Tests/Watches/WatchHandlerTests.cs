using System.Text;
using ConnectAgent.Testing;
using ConnectAgent.Watches;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Watches;

/// <summary>What a change is handed to: a program, or an address (config-and-cli section 2, <c>watches</c>).</summary>
public sealed class WatchHandlerTests
{
    private static readonly WatchChange Change = new(Encoding.UTF8.GetBytes("""{"a":1}"""), 17, Hash: null);

    [Fact]
    public async Task A_program_gets_the_JSON_and_the_index() =>
        (await RunAsync(Change, "/bin/sh", "-c", "cat; echo \" $CONSUL_INDEX $1\"", "sh", "x")).Should().Be(new WatchOutcome(null, "{\"a\":1} 17 x\n"));

    [Fact]
    public async Task What_is_held_by_a_hash_gives_the_hash() =>
        (await RunAsync(Change with { Index = 0, Hash = "abc" }, "/bin/sh", "-c", "echo $CONSUL_HASH")).Should().Be(new WatchOutcome(null, "abc\n"));

    [Fact] // also when it reads nothing of much
    public async Task A_program_that_fails_is_told_with_its_output()
    {
        var large = Change with { Body = Encoding.UTF8.GetBytes(new string('x', 1_000_000)) };
        (await RunAsync(large, "/bin/sh", "-c", "echo wrong >&2; exit 3")).Should().Be(new WatchOutcome("exit status 3", "wrong\n"));
        (await RunAsync(Change, "/nowhere/at/all")).Failure.Should().StartWith("exit status 12");
    }

    [Fact]
    public async Task Only_the_beginning_of_an_output_is_kept() =>
        (await RunAsync(Change, "/bin/sh", "-c", "head -c 100000 /dev/zero")).Output.Should().EndWith(" ... (captured 4096 of 100000 bytes)");

    [Fact] // with all that it started
    public async Task A_program_that_hangs_is_ended()
    {
        var clock = new ManualTimeProvider();
        using var handler = new ScriptHandler(["/bin/sh", "-c", "sleep 1000 & wait"], clock);
        var running = handler.HandleAsync(Change, CancellationToken.None);
        await clock.ArmedAsync(delay => delay == TimeSpan.FromMinutes(10));
        clock.Advance(TimeSpan.FromMinutes(10));
        (await running).Failure.Should().Be("it took longer than 600 s and was ended");
    }

    [Fact]
    public async Task An_address_gets_the_JSON_the_index_and_the_headers()
    {
        await using var server = new HttpDouble(static _ => new HttpDouble.Answer(Body: "thanks"));
        using var handler = new HttpHandler(
            new WatchHttpHandler { Path = server.Address + "/changed", Method = "PUT", TimeLimit = TimeSpan.FromSeconds(10), Header = new Dictionary<string, List<string>> { ["X-A"] = ["1", "2"], ["Content-Type"] = ["text/plain"] } },
            new ManualTimeProvider());
        (await handler.HandleAsync(Change, CancellationToken.None)).Should().Be(new WatchOutcome(null, "thanks"));
        var asked = await server.NextAsync();
        (asked.Method, asked.Target, asked.Body, asked.Headers["X-Consul-Index"], asked.Headers["X-A"].Replace(" ", string.Empty, StringComparison.Ordinal), asked.Headers["Content-Type"])
            .Should().Be(("PUT", "/changed", "{\"a\":1}", "17", "1,2", "text/plain"));
    }

    [Fact]
    public async Task An_address_that_refuses_or_is_silent_is_told()
    {
        var clock = new ManualTimeProvider();
        await using var server = new HttpDouble(static asked => asked.Target == "/silent" ? new HttpDouble.Answer(IsHeld: true) : new HttpDouble.Answer(Status: 503, Body: "busy"));
        using var refused = new HttpHandler(new WatchHttpHandler { Path = server.Address + "/", Method = "POST", TimeLimit = TimeSpan.FromSeconds(10) }, clock);
        (await refused.HandleAsync(Change, CancellationToken.None)).Should().Be(new WatchOutcome("status 503", "busy"));
        await server.NextAsync();
        using var silent = new HttpHandler(new WatchHttpHandler { Path = server.Address + "/silent", Method = "POST", TimeLimit = TimeSpan.FromSeconds(10) }, clock);
        var running = silent.HandleAsync(Change, CancellationToken.None);
        await server.NextAsync();
        clock.Advance(TimeSpan.FromSeconds(10));
        (await running).Failure.Should().Be("no answer within 10 s (http_handler_config.timeout)");
    }

    private static async Task<WatchOutcome> RunAsync(WatchChange change, params string[] program)
    {
        using var handler = new ScriptHandler(program, TimeProvider.System);
        return await handler.HandleAsync(change, CancellationToken.None);
    }
}
