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

/// <summary>Several servers of one cluster, over real sockets.</summary>
public sealed class ConsulFailoverTests() : ClusterTests(servers: 3)
{
    [Fact]
    public async Task One_server_is_asked_until_it_goes_and_nobody_notices()
    {
        await ReadAsync();
        await ReadAsync();
        var first = _servers.Single(server => server.Requests.Count == 2);
        first.Refuse();
        await ReadAsync();
        await ReadAsync();
        var second = _servers.Single(server => server != first && server.Requests.Count == 2);
        first.Listen();
        await ReadAsync();
        second.Requests.Should().HaveCount(3, "there is no way back without need");
        _servers.Sum(server => server.Requests.Count).Should().Be(5);
    }

    [Fact] // IDX-10: with the same index
    public async Task A_held_read_goes_on_at_another_server()
    {
        var (held, first) = await HoldAsync();
        first.Refuse();
        var next = await ElsewhereAsync(first);
        held.IsCompleted.Should().BeFalse();
        next.Target.Should().Be(first.Requests.Single(request => request.Holds).Target);
        _cluster.Rotate();
        (await held).Value.Roots.Should().HaveCount(2);
    }

    [Fact] // a paused or cut off server says nothing: what others find out helps those who wait
    public async Task A_held_read_leaves_a_server_that_another_call_found_failing()
    {
        var (held, first) = await HoldAsync();
        var silence = new TaskCompletionSource<ScriptedAnswer?>();
        first.Script(request => request.Holds ? Task.FromResult<ScriptedAnswer?>(null) : silence.Task);
        var asked = first.Requests.Count;
        var read = ReadAsync();
        await first.SeenAsync(1, request => request != first.Requests[asked - 1] && !request.Holds && first.Requests.Count > asked);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await read;
        await _clock.ArmedAsync(static delay => delay <= TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));
        await ElsewhereAsync(first);
        held.IsCompleted.Should().BeFalse();
        _cluster.Rotate();
        (await held).Value.Roots.Should().HaveCount(2);
    }

    [Fact] // design decision 8
    public async Task With_all_servers_gone_a_call_tries_each_once()
    {
        foreach (var server in _servers)
        {
            server.Script(_ => ScriptedAnswer.Reset);
        }

        var read = ReadAsync;
        (await read.Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.Unreachable);
        _servers.Select(server => server.Requests.Count).Should().Equal(1, 1, 1);
    }

    [Fact] // the token is no better known elsewhere, the signer's limit is the cluster's
    public async Task What_another_server_would_not_change_is_not_asked_there()
    {
        foreach (var server in _servers)
        {
            server.Script(_ => ScriptedAnswer.Text(403, "ACL not found"));
        }

        var read = ReadAsync;
        (await read.Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.UnknownToken);
        _servers.Sum(server => server.Requests.Count).Should().Be(1);
    }

    [Fact] // found out by looking, not by a caller
    public async Task A_silent_server_is_left_although_nobody_asks_it_anything()
    {
        // Given
        var (held, first) = await HoldAsync();
        first.Script(request => request.IsProbe ? new TaskCompletionSource<ScriptedAnswer?>().Task : Task.FromResult<ScriptedAnswer?>(null));

        // When
        var check = _remote.CheckAsync();
        await UntilAsync(() => first.Probes == 1 && _remote.Servers.Count(server => server.State == "healthy" && server.RoundTripMs >= 0) == 3);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await check;
        await _clock.ArmedAsync(static delay => delay <= TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));

        // Then
        await ElsewhereAsync(first);
        held.IsCompleted.Should().BeFalse();
        var view = _remote.Servers.Single(server => server.Address == first.Address.GetLeftPart(UriPartial.Authority));
        (view.State, view.Current).Should().Be(("failing", false));
        view.LastError!.Text.Should().EndWith("no answer within 10 s");
        _remote.Servers.Count(server => server.State == "healthy").Should().Be(2);
    }

    [Fact] // where it was refused first may be the only one that is left in the end
    public async Task A_held_read_that_loses_one_server_after_the_other_comes_back_to_the_first()
    {
        // Given: reset by one, it waits at the next
        var (held, first) = await HoldAsync();
        first.Refuse();
        var next = await ElsewhereAsync(first);
        var second = _servers.Single(server => server.Requests.Contains(next));
        var third = _servers.Single(server => server != first && server != second);

        // When: that one and the third fall silent, and the first is back
        foreach (var server in new[] { second, third })
        {
            server.Script(_ => new TaskCompletionSource<ScriptedAnswer?>().Task);
        }

        first.Listen();
        var check = _remote.CheckAsync();
        await UntilAsync(() => second.Probes == 1 && third.Probes == 1 && first.Probes == 1);
        _clock.Advance(TimeSpan.FromSeconds(10));
        await check;
        await _clock.ArmedAsync(static delay => delay <= TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(1));

        // Then
        await first.SeenAsync(2, request => request.Holds);
        third.Requests.Should().BeEmpty();
        _cluster.Rotate();
        (await held).Value.Roots.Should().HaveCount(2);
    }

    [Fact] // CACHE-22: who waits out a back-off need not wait for its end
    public async Task The_first_look_that_finds_a_server_after_calls_found_none_says_so_once()
    {
        // Given
        var back = _remote.Back;
        Array.ForEach(_servers, static server => server.Refuse());
        var read = ReadAsync;
        await read.Should().ThrowAsync<ServerException>();
        await _remote.CheckAsync();
        back.IsCompleted.Should().BeFalse("nobody is there");

        // When
        _servers[1].Listen();
        await _remote.CheckAsync();

        // Then
        back.IsCompleted.Should().BeTrue();
        var next = _remote.Back;
        await ReadAsync();
        await _remote.CheckAsync();
        next.IsCompleted.Should().BeFalse("no call has missed them since");
    }

    [Fact] // a server that has lost its leader answers, and is of no use
    public async Task A_server_without_a_leader_is_left()
    {
        await ReadAsync();
        var first = _servers.Single(server => server.Requests.Count == 1);
        first.Api.Leader = string.Empty;
        await _remote.CheckAsync();
        await ReadAsync();
        first.Requests.Should().ContainSingle();
    }

    [Fact] // slowly: what is held stays until it ends by itself
    public async Task Agents_spread_anew_over_the_servers_of_one_cluster()
    {
        // Given
        var (held, first) = await HoldAsync();
        await _remote.CheckAsync();

        // When
        var seen = new HashSet<string>();
        for (var i = 0; i < 50; i++)
        {
            _remote.Rebalance();
            seen.Add(_remote.Servers.Single(server => server.Current).Address);
        }

        // Then
        seen.Should().HaveCount(3);
        held.IsCompleted.Should().BeFalse();
        _servers.Where(server => server != first).Should().OnlyContain(server => server.Requests.Count == 0);
        _remote.Servers.Single(server => server.OpenBlockingQueries == 1).Address.Should().Be(first.Address.GetLeftPart(UriPartial.Authority));
    }

    [Fact] // two servers that are no cluster have different roots
    public async Task Servers_of_different_leaders_are_never_mixed_without_need()
    {
        await ReadAsync();
        var first = _remote.Servers.Single(server => server.Current).Address;
        foreach (var server in _servers)
        {
            server.Api.Leader = $"127.0.0.1:{server.Port}";
        }

        await _remote.CheckAsync();
        for (var i = 0; i < 50; i++)
        {
            _remote.Rebalance();
            _remote.Servers.Single(server => server.Current).Address.Should().Be(first);
        }
    }

    [Fact]
    public async Task A_server_that_fails_is_asked_last_until_it_answers_again()
    {
        await ReadAsync();
        var first = _servers.Single(server => server.Requests.Count == 1);
        first.Refuse();
        await ReadAsync();
        await _remote.CheckAsync();
        _remote.Servers.Select(server => server.State).Should().BeEquivalentTo(["failing", "healthy", "healthy"]);
        first.Listen();
        await _remote.CheckAsync();
        _remote.Servers.Should().OnlyContain(server => server.State == "healthy" && server.RoundTripMs >= 0);
        _remote.Servers.Count(server => server.LastError != null).Should().Be(1, "what failed last can still be read");
    }

    private static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (!condition())
        {
            await pause.WaitForNextTickAsync(limit.Token);
        }
    }

    private async Task ReadAsync() => await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);

    private async Task<ScriptedRequest> ElsewhereAsync(ScriptedConsulServer first)
    {
        var arrivals = _servers.Where(server => server != first).Select(server => server.SeenAsync(1, request => request.Holds)).ToList();
        return (await await Task.WhenAny(arrivals))[0];
    }
}
