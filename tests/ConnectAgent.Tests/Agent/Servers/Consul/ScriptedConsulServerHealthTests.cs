using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Servers;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>The health of the scripted server over a real socket, through the product's client.</summary>
public sealed class ScriptedConsulServerHealthTests : ServerClientHealthConformance, IAsyncLifetime
{
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();
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

    protected override Task PutAsync(string service, bool connect, params string[] instances)
    {
        _server.Content.SetHealth(service, connect, instances);
        return Task.CompletedTask;
    }

    protected override Task<string> GrantAsync(string token, params AccessRequest[] rights)
    {
        _server.Content.SetRights(token, new GrantedRights(rights));
        return Task.FromResult(token);
    }
}
