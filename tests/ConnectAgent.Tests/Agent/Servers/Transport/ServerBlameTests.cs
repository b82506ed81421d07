using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Transport;

/// <summary>FA-16, design decision 8: an error about one key, kind of call or datacenter says nothing about a server.</summary>
public sealed class ServerBlameTests() : ClusterTests(servers: 2)
{
    private const string Dc2IsUnreachable = "rpc error getting client: failed to get conn: dial tcp 10.2.0.1:8300: connect: connection refused";
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData(500, "the state of bad cannot be read")]
    [InlineData(503, "busy")]
    [InlineData(200, "no answer of Consul's")]
    public async Task FA_16_An_error_about_one_key_leaves_no_server_and_releases_no_held_read(int status, string text)
    {
        // Given
        var (held, first) = await HoldAsync();
        first.Script(request => request.IsMatch && request.First("name") == "bad" ? ScriptedAnswer.Text(status, text) : null);

        // When: the other server answers
        await MatchAsync("bad");
        await MatchAsync("bad");

        // Then
        await StaysAsync(held, first);
    }

    [Fact] // one key that fails again and again does not close the way for its like
    public async Task FA_16_Other_keys_of_the_kind_are_asked_although_one_fails_on_and_on()
    {
        Array.ForEach(_servers, server => server.Script(
            request => request.First("name") is "bad" or "worse" ? ScriptedAnswer.Text(500, "the state cannot be read") : null));
        for (var i = 0; i < 10; i++)
        {
            await FailsAsync(() => MatchAsync("bad"));
            await FailsAsync(() => MatchAsync("worse"));
        }

        await MatchAsync("good");
    }

    [Fact]
    public async Task FA_16_Another_datacenter_that_is_unreachable_is_spared_and_this_one_is_asked_as_ever()
    {
        // Given
        var (held, first) = await HoldAsync();
        Array.ForEach(_servers, server => server.Script(request => request.First("dc") == "dc2" ? ScriptedAnswer.Text(500, Dc2IsUnreachable) : null));

        // When
        for (var i = 0; i < 20; i++)
        {
            await FailsAsync(() => MatchAsync("key-" + i, "dc2"));
        }

        // Then
        await StaysAsync(held, first);
        await MatchAsync("web");
        first.Requests[^1].First("dc").Should().Be("dc1");
        _servers.Sum(server => server.Requests.Count(request => request.First("dc") == "dc2")).Should().BeLessThanOrEqualTo(8, "four at each server, the rest is refused here");
        await FailsAsync(() => _remote.Client.ReadRootsAsync(Now with { Datacenter = "dc2" }, CancellationToken.None));
        _servers.Sum(server => server.Requests.Count(request => request.IsRoots && request.First("dc") == "dc2")).Should().Be(2, "another kind of call is asked");
    }

    [Fact] // what was not sent tells nothing
    public async Task FA_16_A_refusal_by_the_breaker_is_no_failure_of_the_server()
    {
        // Given
        var (held, first) = await HoldAsync();
        Array.ForEach(_servers, server => server.Script(request => request.First("dc") == "dc2" ? ScriptedAnswer.Text(500, Dc2IsUnreachable) : null));
        for (var i = 0; i < 20; i++)
        {
            await FailsAsync(() => MatchAsync("key-" + i, "dc2"));
        }

        var before = _remote.Servers.Select(server => server.LastError).ToList();

        // When
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        var refused = await FailsAsync(() => MatchAsync("another", "dc2"));

        // Then
        refused.Message.Should().StartWith("rpc error getting client: failed to get conn: not tried again yet, after: ").And.EndWith($"({Dc2IsUnreachable})");
        _remote.Servers.Select(server => server.LastError?.Text).Should().Equal(before.Select(error => error?.Text));
        _remote.Servers.Select(server => server.LastError?.At).Should().Equal(before.Select(error => error?.At));
        _remote.Servers.Should().OnlyContain(server => server.LastError!.NextAttempt > _clock.GetUtcNow());
        await StaysAsync(held, first);
    }

    [Fact] // the server may be waiting for the other datacenter's
    public async Task FA_16_Silence_about_another_datacenter_is_not_the_servers()
    {
        var (held, first) = await HoldAsync();
        first.Script(request => request.First("dc") == "dc2" ? new TaskCompletionSource<ScriptedAnswer?>().Task : Task.FromResult<ScriptedAnswer?>(null));
        _servers.Single(server => server != first).Script(request => request.IsMatch ? ScriptedAnswer.Ok("{\"web\":null}", 5) : null);
        var match = MatchAsync("web", "dc2");
        await first.SeenAsync(1, request => request.IsMatch);
        _clock.Advance(Limit);
        await match;
        await StaysAsync(held, first);
    }

    [Fact] // what the servers forward, callers may make as slow as they like
    public async Task FA_16_Silence_about_a_forwarded_call_is_not_the_servers()
    {
        var (held, first) = await HoldAsync();
        first.Script(request => request.Path == "/v1/kv/slow" ? new TaskCompletionSource<ScriptedAnswer?>().Task : Task.FromResult<ScriptedAnswer?>(null));
        var forwarded = _remote.ForwardAsync(HttpMethod.Get, "/v1/kv/slow");
        await first.SeenAsync(1, request => request.Path == "/v1/kv/slow");
        _clock.Advance(Limit);
        (await forwarded).Should().Be(404, "the other one has no such key");
        await StaysAsync(held, first);
    }

    [Fact] // what a breaker refused was not sent, so even a write may go elsewhere
    public async Task FA_16_A_write_that_one_servers_breaker_refuses_goes_to_the_other()
    {
        var silence = new TaskCompletionSource<ScriptedAnswer?>();
        var first = await FirstAsync();
        first.Script(request => request.Path == "/v1/kv/trial" ? silence.Task : Task.FromResult<ScriptedAnswer?>(ScriptedAnswer.Reset));
        for (var i = 0; i < 8; i++)
        {
            await _remote.ForwardAsync(HttpMethod.Get, "/v1/kv/a");
            _remote.Rebalance();
        }

        _clock.Advance(TimeSpan.FromSeconds(8));
        (await _remote.ForwardAsync(HttpMethod.Put, "/v1/kv/a")).Should().Be(404);
    }

    [Fact] // decision 8: not the thousands that have waited for it
    public async Task FA_34_After_a_break_one_call_tries_whatever_else_ends_meanwhile()
    {
        // Given: one server, and a call that is on its way since before its failures
        await using var server = ScriptedConsulServer.Start();
        await using var remote = RemoteServerClient.Create([server.Address], _clock);
        using var caller = new CancellationTokenSource();
        var early = new TaskCompletionSource<ScriptedAnswer?>();
        var trial = new TaskCompletionSource<ScriptedAnswer?>();
        server.Script(request => request.First("name") switch
        {
            "early" => early.Task,
            "trial" => trial.Task,
            _ => Task.FromResult<ScriptedAnswer?>(ScriptedAnswer.Reset),
        });
        var leaves = AskAsync("early", caller.Token);
        await server.SeenAsync(1, request => request.First("name") == "early");
        for (var i = 0; i < 8; i++)
        {
            await FailsAsync(() => AskAsync("key-" + i));
        }

        // When
        _clock.Advance(TimeSpan.FromSeconds(1));
        var tries = AskAsync("trial");
        await server.SeenAsync(1, request => request.First("name") == "trial");
        await caller.CancelAsync();
        await ((Func<Task>)(() => leaves)).Should().ThrowAsync<OperationCanceledException>();
        var before = server.Requests.Count;
        for (var i = 0; i < 20; i++)
        {
            await FailsAsync(() => AskAsync("another-" + i));
        }

        // Then
        server.Requests.Count.Should().Be(before, "it is not known yet how the trial went");
        server.Heal();
        trial.SetResult(null);
        await tries;
        await AskAsync("more");

        Task AskAsync(string name, CancellationToken cancellationToken = default) =>
            remote.Client.MatchIntentionsAsync(new MatchNames(ByDestination: true, [name]), Now, cancellationToken);
    }

    private static async Task<ServerException> FailsAsync(Func<Task> call) => (await call.Should().ThrowAsync<ServerException>()).Which;

    private Task MatchAsync(string name, string datacenter = "dc1") => _remote.Client.MatchIntentionsAsync(
        new MatchNames(ByDestination: true, [name]), Now with { Datacenter = datacenter }, CancellationToken.None);

    private async Task<ScriptedConsulServer> FirstAsync()
    {
        await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);
        return _servers.Single(candidate => candidate.Requests.Count == 1);
    }

    private async Task StaysAsync(Task<ServerRead<CaRoots>> held, ScriptedConsulServer first)
    {
        var view = _remote.Servers.Single(server => server.Address == first.Address.GetLeftPart(UriPartial.Authority));
        (view.State, view.Current, view.OpenBlockingQueries).Should().Be(("healthy", true, 1));
        held.IsCompleted.Should().BeFalse();
        _cluster.Rotate();
        (await held).Value.Roots.Should().HaveCount(2);
        _servers.Sum(server => server.Requests.Count(request => request.Holds)).Should().Be(1, "it was asked once");
        await FirstIsAskedAsync(first);
    }

    private async Task FirstIsAskedAsync(ScriptedConsulServer first)
    {
        var before = first.Requests.Count;
        await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);
        first.Requests.Count.Should().Be(before + 1);
    }
}
