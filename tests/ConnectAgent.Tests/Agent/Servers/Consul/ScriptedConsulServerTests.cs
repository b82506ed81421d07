using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Servers;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>The scripted server over a real socket, through the product's client: the wire's form and this client agree.</summary>
public sealed class ScriptedConsulServerTests : ServerClientConformance, IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();
    private readonly List<Intention> _intentions = [];
    private RemoteServerClient _remote = null!;

    protected override IServerClient Client => _remote.Client;

    public Task InitializeAsync()
    {
        _remote = RemoteServerClient.Create([_server.Address]);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override Task PutIntentionAsync(string source, string destination, string action)
    {
        _intentions.Add(new Intention { SourceName = source, DestinationName = destination, Action = action });
        _server.Content.SetIntentions([.. _intentions]);
        return Task.CompletedTask;
    }

    protected override Task RevokeAsync(string serial)
    {
        _server.Content.SetRevoked(new RevocationEntry
        {
            SerialNumber = serial,
            Datacenter = "dc1",
            RevokedAt = DateTimeOffset.UnixEpoch,
            ExpiresAt = DateTimeOffset.UnixEpoch.AddYears(100),
        });
        return Task.CompletedTask;
    }
}
