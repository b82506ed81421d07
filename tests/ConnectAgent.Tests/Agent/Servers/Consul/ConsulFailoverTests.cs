using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>Several servers of one cluster, over real sockets.</summary>
public sealed class ConsulFailoverTests : IAsyncLifetime
{
    private static readonly ServerQuery Now = new("dc1", string.Empty, 0, TimeSpan.FromMinutes(10));
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedServerClient _cluster = new(TimeProvider.System);
    private readonly ScriptedConsulServer[] _servers;
    private RemoteServerClient _remote = null!;

    public ConsulFailoverTests() =>
        _servers = [ScriptedConsulServer.Start(_cluster), ScriptedConsulServer.Start(_cluster), ScriptedConsulServer.Start(_cluster)];

    public Task InitializeAsync()
    {
        _remote = RemoteServerClient.Create([.. _servers.Select(server => server.Address)], _clock);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        foreach (var server in _servers)
        {
            await server.DisposeAsync();
        }
    }

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

    private async Task ReadAsync() => await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);

    private async Task<(Task<ServerRead<CaRoots>> Held, ScriptedConsulServer Server)> HoldAsync()
    {
        var read = await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);
        var server = _servers.Single(candidate => candidate.Requests.Count == 1);
        var held = _remote.Client.ReadRootsAsync(Now with { Index = read.Index }, CancellationToken.None);
        await server.SeenAsync(1, request => request.Holds);
        return (held, server);
    }

    private async Task<ScriptedRequest> ElsewhereAsync(ScriptedConsulServer first)
    {
        var arrivals = _servers.Where(server => server != first).Select(server => server.SeenAsync(1, request => request.Holds)).ToList();
        return (await await Task.WhenAny(arrivals))[0];
    }
}
