using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Servers;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

/// <summary>The catalog of the scripted server over a real socket, through the product's client.</summary>
public sealed class ScriptedConsulServerCatalogTests : ServerClientCatalogConformance, IAsyncLifetime
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

    protected override Task PutConfigEntryAsync(string json)
    {
        _server.Content.SetConfigEntries("service-defaults", json);
        return Task.CompletedTask;
    }

    protected override Task<(IServerClient Client, string Token)> GuardAsync(params AccessRequest[] rights)
    {
        _server.Content.SetRights(string.Empty, new GrantedRights());
        _server.Content.SetRights("a-token", new GrantedRights(rights));
        return Task.FromResult((_remote.Client, "a-token"));
    }
}
