using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Servers;
using ConnectAgent.TestKit.Servers;

namespace ConnectAgent.FunctionalTests;

/// <summary>The client of remote servers against the published daemon in server mode with ACLs on, over a real socket.</summary>
public sealed class ConsulServerClientAclTests : ServerClientAclConformance, Xunit.IAsyncLifetime
{
    private readonly ConcurrentDictionary<string, AclToken> _tokens = new(StringComparer.Ordinal);
    private AclAgent _server = null!;
    private RemoteServerClient _remote = null!;

    protected override IServerClient Client => _remote.Client;

    public async Task InitializeAsync()
    {
        _server = await AclAgent.StartAsync();
        _remote = RemoteServerClient.Create([_server.Process.Address], tokenTtl: TimeSpan.FromSeconds(1));
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _server.DisposeAsync();
    }

    protected override async Task<string> CreateWebTokenAsync()
    {
        var token = await _server.TokenAsync("service \"web\" { policy = \"write\" }");
        _tokens[token.SecretId] = token;
        return token.SecretId;
    }

    protected override Task StripAsync(string token) => _server.SendAsync(
        HttpMethod.Put, "/v1/acl/token/" + _tokens[token].AccessorId, new JsonObject { ["AccessorID"] = _tokens[token].AccessorId });

    protected override Task DeleteAsync(string token) => _server.DeleteAsync(_tokens[token]);
}
