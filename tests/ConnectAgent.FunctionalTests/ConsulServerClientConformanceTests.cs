using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Servers;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests;

/// <summary>The client of remote servers against the published daemon in server mode, over a real socket.</summary>
public sealed class ConsulServerClientConformanceTests : ServerClientConformance, Xunit.IAsyncLifetime
{
    private AgentProcess _server = null!;
    private RemoteServerClient _remote = null!;

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
    }

    protected override async Task PutIntentionAsync(string source, string destination, string action)
    {
        using var answer = await _server.Http.PutAsJsonAsync(
            new Uri($"/v1/connect/intentions/exact?source={source}&destination={destination}", UriKind.Relative),
            new JsonObject { ["Action"] = action });
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    protected override async Task RevokeAsync(string serial)
    {
        using var answer = await _server.Http.PutAsJsonAsync(
            new Uri("/v1/connect/ca/revoke", UriKind.Relative), new JsonObject { ["SerialNumber"] = serial });
        answer.StatusCode.Should().Be(HttpStatusCode.OK);
    }
}
