using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// The published agent with a server that misbehaves on a real socket (agent-cache CACHE-9, CACHE-17, CACHE-18, CACHE-22, CACHE-29;
/// leaf-certificates LEAF-80).
/// </summary>
public sealed class ServerFaultTests : IAsyncLifetime
{
    // CACHE-22: four attempts at once, then two seconds at least; a timer may be a little early.
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1.9);
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private AgentProcess _agent = null!;

    public static TheoryData<string> Garbage => new()
    {
        "HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Consul-Index: 99\r\n\r\n<html>",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: 99\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX-Consul-Index: 99\r\n\r\nnull",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX-Consul-Index: many\r\n\r\n{}",
        "HTTP/1.1 200 OK\r\nContent-Length: 999\r\nX-Consul-Index: 99\r\n\r\n{\"ActiveRootID\":\"x",
        "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\nX-Consul-Index: 99\r\n\r\n{",
        "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.1:1/\r\n\r\n",
        "HTTP/1.1 500 Oops\r\nContent-Length: 9\r\n\r\nException",
        "220 mail.example ESMTP\r\n",
    };

    public async Task InitializeAsync() =>
        _agent = await AgentProcess.StartClientAsync([_server.Address], new JsonObject { ["log_level"] = "info" });

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // CACHE-17
    public async Task An_index_of_0_for_ever_is_answered_and_not_asked_for_in_a_loop()
    {
        var roots = JsonSerializer.Serialize(_server.Content.RootsAt(1).Value);
        _server.Script(request => request.IsRoots ? ScriptedAnswer.Ok(roots, 0) : null);
        var read = await _agent.RootsAsync();
        (read.Status, read.Index).Should().Be((200, 1UL));
        (await BurstAsync(request => request.IsRoots)).Should().Be(4, "three attempts are free, the fourth failure pauses");
        var later = await _agent.RootsAsync();
        (later.Status, later.Header("X-Cache"), later.Header("Age"), later.Header("X-Consul-Knownleader")).Should().Be((200, "HIT", "0", "true"));
        var blocked = await _agent.RootsAsync("?index=1&wait=50ms");
        (blocked.Status, blocked.Index).Should().Be((200, 1UL));
    }

    [Fact] // CACHE-18
    public async Task An_older_index_wakes_who_waits_and_is_no_loop()
    {
        // Given
        var warm = await _agent.WarmAsync();
        var blocked = _agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        await _agent.WaitedOnAsync("connect-ca-root");
        var formerLife = new ScriptedServerClient(TimeProvider.System);
        formerLife.Rotate();
        var other = JsonSerializer.Serialize(formerLife.RootsAt(1).Value);
        await _server.SeenAsync(1, request => request.IsRoots && request.Holds);
        var before = Count(request => request.IsRoots);
        var never = new TaskCompletionSource<ScriptedAnswer?>();

        // When: the state of another life, which then holds as it should
        _server.Script(request => !request.IsRoots ? Task.FromResult<ScriptedAnswer?>(null)
            : request.Holds && request.Query().Blocking.Index <= 3 ? never.Task : Task.FromResult<ScriptedAnswer?>(ScriptedAnswer.Ok(other, 3)));

        // Then
        var woken = await blocked;
        (woken.Status, woken.Index, woken.Header("X-Cache")).Should().Be((200, 3UL, "MISS"));
        ((string)woken.Json["ActiveRootID"]!).Should().NotBe(warm.ActiveRootId);
        var asked = await _server.SeenAsync(before + 1, request => request.IsRoots);
        asked.Skip(before).Should().ContainSingle("one read that holds, from the new index").Which.Query().Blocking.Index.Should().Be(3);
    }

    [Theory] // CACHE-9, CACHE-29, LEAF-80
    [MemberData(nameof(Garbage))]
    public async Task Garbage_replaces_nothing(string bytes)
    {
        var warm = await _agent.WarmAsync();
        var blocked = _agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        await _agent.WaitedOnAsync("connect-ca-root");
        _server.Script(_ => ScriptedAnswer.Raw(bytes));
        var failed = await blocked;
        failed.Status.Should().Be(500);
        failed.Body.Should().StartWith("rpc error making call: " + _server.Address.GetLeftPart(UriPartial.Authority));
        await _agent.StillServesAsync(warm, knownLeader: false);
        await _agent.FailsNewKeysAsync("other", "rpc error making call: ");
        _server.Heal();
        await _agent.RecoveredAsync();
        await _agent.StillServesAsync(warm, knownLeader: true);
        (await _agent.AuthorizeAsync("other")).Status.Should().Be(200);
    }

    [Fact] // CACHE-12, CACHE-29: as long as it takes, nobody else waits for it
    public async Task A_slow_answer_holds_up_only_those_who_need_it()
    {
        // Given
        var warm = await _agent.WarmAsync();
        var release = new TaskCompletionSource<ScriptedAnswer?>();
        _server.Script(request => request.IsMatch && request.First("name") == "slow" && !request.Holds
            ? release.Task : Task.FromResult<ScriptedAnswer?>(null));

        // When
        var first = _agent.AuthorizeAsync("slow");
        await _server.SeenAsync(1, IsSlow);
        var second = _agent.AuthorizeAsync("slow");
        await _agent.StillServesAsync(warm, knownLeader: true);
        (await _agent.AuthorizeAsync("quick")).Status.Should().Be(200);
        (await _agent.LeafAsync("quick")).Status.Should().Be(200);

        // Then
        first.IsCompleted.Should().BeFalse();
        second.IsCompleted.Should().BeFalse();
        release.SetResult(null);
        (await first).Status.Should().Be(200);
        (await second).Status.Should().Be(200);
        Count(IsSlow).Should().Be(1, "the fetch is shared");

        static bool IsSlow(ScriptedRequest request) => request.IsMatch && request.First("name") == "slow" && !request.Holds;
    }

    [Fact] // CACHE-9, CACHE-22, CACHE-28, CACHE-29
    public async Task A_server_that_refuses_is_told_from_one_that_is_there_and_is_found_again()
    {
        // Given
        var warm = await _agent.WarmAsync();
        var blocked = _agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        await _agent.WaitedOnAsync("connect-ca-root");

        // When
        _server.Refuse();

        // Then
        (await blocked).Status.Should().Be(500);
        var again = await _agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        again.Status.Should().Be(500);
        again.Body.Should().StartWith("rpc error getting client: failed to get conn: ");
        await ClientAgent.UntilAsync(async () => int.Parse((await _agent.RootsAsync()).Header("Age")) > 0);
        await _agent.StillServesAsync(warm, knownLeader: false);
        int.Parse((await _agent.RootsAsync()).Header("X-Consul-Lastcontact")).Should().BePositive();
        await _agent.FailsNewKeysAsync("other", "failed to get conn");
        _server.Listen();
        await _agent.RecoveredAsync();
        await _agent.Process.SeenAsync("Servers are reachable again", TimeSpan.FromSeconds(60));
        await _agent.StillServesAsync(warm, knownLeader: true);
        _agent.Process.Output.Split('\n').Where(line => line.Contains("Servers are unreachable")).Should().ContainSingle("one line for each change");
    }

    [Fact] // CACHE-22
    public async Task A_server_that_resets_every_connection_is_not_asked_in_a_loop()
    {
        var warm = await _agent.WarmAsync();
        var before = Count(request => request.IsRoots);
        _server.Script(_ => ScriptedAnswer.Reset);

        // The transport itself may repeat a request on a connection that had been idle.
        (await BurstAsync(request => request.IsRoots, before)).Should().BeLessThanOrEqualTo(8);
        await _agent.StillServesAsync(warm, knownLeader: false);
        _server.Heal();
        await _agent.RecoveredAsync();
    }

    [Fact] // one that is overloaded is left alone for as long as it asks
    public async Task After_503_with_Retry_After_nothing_of_that_kind_is_asked()
    {
        // Given
        var warm = await _agent.WarmAsync();
        await _server.SeenAsync(1, request => request.IsMatch && request.Holds);
        var before = Count(request => request.IsMatch);
        _server.Script(request => request.IsMatch ? ScriptedAnswer.Text(503, "busy", "Retry-After: 60") : null);
        await ClientAgent.UntilAsync(async () => (await _agent.GetAsync("/v1/agent/connect/cache?kind=intention-match")).List.Any(
            entry => (string)entry!["State"]! == "failing"));

        // When
        for (var i = 0; i < 20; i++)
        {
            var decision = await _agent.AuthorizeAsync($"new-{i}");
            decision.Status.Should().Be(500);
            decision.Body.Should().EndWith("Unexpected response code: 503 (busy)");
        }

        // Then
        Count(request => request.IsMatch).Should().Be(before, "the one that was being held got the answer");
        await _agent.StillServesAsync(warm, knownLeader: true);
        (await _agent.LeafAsync("new")).Status.Should().Be(200, "signing is another kind");
    }

    [Fact] // LEAF-17, LEAF-60, LEAF-61
    public async Task The_signers_limit_reaches_who_asks_for_a_new_leaf_and_nobody_else()
    {
        var warm = await _agent.WarmAsync();
        _server.Script(request => request.IsSign ? ScriptedAnswer.Text(429, "Rate limit reached, try again later", "Retry-After: 1") : null);
        for (var i = 0; i < 3; i++)
        {
            var leaf = await _agent.LeafAsync("api");
            (leaf.Status, leaf.Body).Should().Be((429, "Rate limit reached, try again later"));
        }

        await _agent.StillServesAsync(warm, knownLeader: true);
        _server.Heal();
        await ClientAgent.UntilAsync(async () => (await _agent.LeafAsync("api")).Status == 200);
    }

    [Fact] // IDX-10: another server of the cluster goes on where the lost one stopped
    public async Task With_another_server_nobody_notices_that_one_goes()
    {
        // Given
        await using var second = ScriptedConsulServer.Start(_server.Content);
        await using var agent = await AgentProcess.StartClientAsync([_server.Address, second.Address]);
        var warm = await agent.WarmAsync();
        var blocked = agent.RootsAsync($"?index={warm.RootsIndex}&wait=60s");
        await agent.WaitedOnAsync("connect-ca-root");
        var (used, other) = _server.Requests.Count > 0 ? (_server, second) : (second, _server);
        other.Requests.Should().BeEmpty();

        // When
        used.Refuse();
        await other.SeenAsync(1, request => request.IsRoots && request.Holds);

        // Then
        await agent.StillServesAsync(warm, knownLeader: true);
        (await agent.AuthorizeAsync("new")).Status.Should().Be(200);
        _server.Content.Rotate();
        var woken = await blocked;
        woken.Status.Should().Be(200);
        ((string)woken.Json["ActiveRootID"]!).Should().NotBe(warm.ActiveRootId);
    }

    [Fact] // LOG-3, TOK-1: servers and what stands before them log URLs
    public async Task A_forwarded_token_moves_from_the_URL_to_the_header()
    {
        _server.Script(request => ScriptedAnswer.Of(200, "[]", "Content-Type: application/json", "X-Consul-Index: 7", "Set-Cookie: a=b"));
        var answer = await _agent.GetAsync("/v1/connect/intentions?token=s3cret&filter=a%2520b");
        (answer.Status, answer.Body, answer.Index).Should().Be((200, "[]", 7UL));
        answer.Headers.Should().NotContainKey("Set-Cookie");
        var sent = _server.Requests.Should().ContainSingle().Subject;
        (sent.Target, sent.Token).Should().Be(("/v1/connect/intentions?filter=a%2520b&dc=dc1", "s3cret"));
    }

    [Fact]
    public async Task A_forwarded_call_to_a_server_that_is_away_fails_with_the_query_headers()
    {
        _server.Refuse();
        var answer = await _agent.GetAsync("/v1/connect/intentions");
        (answer.Status, answer.Header("X-Consul-Knownleader")).Should().Be((500, "false"));
        answer.Body.Should().StartWith("rpc error getting client: failed to get conn: ");
    }

    private int Count(Func<ScriptedRequest, bool> kind) => _server.Requests.Count(kind);

    /// <summary>How many requests of a kind came before the first pause of the back-off.</summary>
    private async Task<int> BurstAsync(Func<ScriptedRequest, bool> kind, int from = 0)
    {
        for (var count = 1; ; count++)
        {
            count.Should().BeLessThan(100, "no loop may be that busy");
            var seen = await _server.SeenAsync(from + count + 1, kind);
            if (TimeProvider.System.GetElapsedTime(seen[from + count - 1].At, seen[from + count].At) >= FirstPause)
            {
                return count;
            }
        }
    }
}
