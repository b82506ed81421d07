using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Transport;

/// <summary>Tests of a client of several servers of one cluster, over real sockets.</summary>
public abstract class ClusterTests : IAsyncLifetime
{
    private protected static readonly ServerQuery Now = new("dc1", string.Empty, new BlockingQuery(0, TimeSpan.FromMinutes(10)));
    private protected readonly ManualTimeProvider _clock = new();
    private protected readonly ScriptedServerClient _cluster = new(TimeProvider.System);
    private protected readonly ScriptedConsulServer[] _servers;
    private protected RemoteServerClient _remote = null!;

    private protected ClusterTests(int servers) => _servers = [.. Enumerable.Range(0, servers).Select(_ => ScriptedConsulServer.Start(_cluster))];

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

    /// <summary>Reads the roots at one server, which then holds the next read.</summary>
    private protected async Task<(Task<ServerRead<CaRoots>> Held, ScriptedConsulServer Server)> HoldAsync()
    {
        var read = await _remote.Client.ReadRootsAsync(Now, CancellationToken.None);
        var server = _servers.Single(candidate => candidate.Requests.Count == 1);
        var held = _remote.Client.ReadRootsAsync(Now with { Blocking = Now.Blocking with { Index = read.Index } }, CancellationToken.None);
        await server.SeenAsync(1, request => request.Holds);
        return (held, server);
    }
}
