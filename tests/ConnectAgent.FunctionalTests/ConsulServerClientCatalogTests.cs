using System.Net;
using System.Text;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests;

/// <summary>The catalog of the published daemon in server mode, through the client of remote servers and over a real socket.</summary>
public sealed class ConsulServerClientCatalogTests : ServerClientCatalogConformance, Xunit.IAsyncLifetime
{
    private AgentProcess _server = null!;
    private RemoteServerClient _remote = null!;
    private AclAgent? _guarded;
    private RemoteServerClient? _guardedRemote;

    protected override IServerClient Client => _remote.Client;

    public async Task InitializeAsync()
    {
        _server = await AgentProcess.StartAsync();
        _remote = RemoteServerClient.Create([_server.Address]);
    }

    public async Task DisposeAsync()
    {
        await _remote.DisposeAsync();
        await _server.DisposeAsync();
        if (_guarded is not null)
        {
            await _guardedRemote!.DisposeAsync();
            await _guarded.DisposeAsync();
        }
    }

    protected override async Task<(IServerClient Client, string Token)> GuardAsync(params AccessRequest[] rights)
    {
        _guarded = await AclAgent.StartAsync();
        _guardedRemote = RemoteServerClient.Create([_guarded.Process.Address], tokenTtl: TimeSpan.FromSeconds(1));
        var rules = rights.GroupBy(right => (right.Resource, right.Segment)).Select(one =>
            $"{one.Key.Resource} \"{one.Key.Segment}\" {{ policy = \"{one.Max(right => right.Access)}\" }}".ToLowerInvariant());
        return (_guardedRemote.Client, (await _guarded.TokenAsync(string.Join('\n', rules))).SecretId);
    }

    protected override async Task PutConfigEntryAsync(string json)
    {
        using var body = new StringContent(json, Encoding.UTF8, "application/json");
        using var answer = await _server.Http.PutAsync(new Uri("/v1/config", UriKind.Relative), body);
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }
}
