using System.Net.Http.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Authorize;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Leaves;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Xunit;

namespace ConnectAgent.Tests.Http;

/// <summary>A mesh in somebody's test: an agent with its control plane in a web application of the caller's, without the daemon and its configuration.</summary>
public sealed class EmbeddingTests
{
    [Fact]
    public async Task An_agent_is_embedded_with_the_resources_that_were_added_and_no_other()
    {
        // Given
        var builder = WebApplication.CreateSlimBuilder();
        var address = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls(address.AbsoluteUri);
        builder.Services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AllowByPolicy));
        builder.Services.AddControlPlane(new AuthorityOptions(), BlockingLimits.Standard, new AclOptions()).AddEmbeddedServers().AddConnectAgent();
        builder.Services.AddWire(new WireOptions()).AddLeavesApi().AddAuthorizeApi().AddIntentionsApi();
        await using var app = builder.Build();
        await app.Services.GetRequiredService<AuthorityUpkeepService>().TryInitializeAsync();
        app.UseWire();
        await app.StartAsync();

        // When
        using var http = new HttpClient { BaseAddress = address };
        var leaf = (await http.GetFromJsonAsync<JsonNode>("/v1/agent/connect/ca/leaf/web"))!;
        var answer = await http.PostAsJsonAsync(
            "/v1/agent/connect/authorize", new { Target = "db", ClientCertURI = (string)leaf["ServiceURI"]!, ClientCertSerial = (string)leaf["SerialNumber"]! });

        // Then
        (await answer.Content.ReadAsStringAsync()).Should().Contain("\"Authorized\":true");
        (await http.GetAsync("/v1/connect/intentions")).StatusCode.Should().Be(System.Net.HttpStatusCode.OK);
        (await http.GetAsync("/v1/agent/self")).StatusCode.Should().Be(System.Net.HttpStatusCode.NotFound, "it was not added");
    }
}
