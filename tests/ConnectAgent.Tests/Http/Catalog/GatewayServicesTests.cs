using System.Text.Json.Nodes;
using ConnectAgent.State;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Catalog;

/// <summary><c>/v1/catalog/gateway-services/:gateway</c> (services CAT-15).</summary>
public sealed class GatewayServicesTests : IAsyncLifetime
{
    private InProcessAgent _agent = null!;

    public async Task InitializeAsync()
    {
        _agent = await InProcessAgent.StartAsync("deny");
        await PutAsync("/v1/config", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
    }

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact]
    public async Task An_ingress_gateway_leads_to_the_services_of_its_listeners()
    {
        await PutAsync(
            "/v1/config",
            """
            {"Kind":"ingress-gateway","Name":"edge","Listeners":[
              {"Port":8443,"Protocol":"http","Services":[{"Name":"web","Hosts":["web.example"]}]},{"Port":9000,"Protocol":"tcp","Services":[{"Name":"db"}]}]}
            """);
        (await ReadAsync("edge")).Should().Equal(
            """{"Gateway":{"Name":"edge"},"Service":{"Name":"db"},"GatewayKind":"ingress-gateway","Port":9000,"Protocol":"tcp"}""",
            """{"Gateway":{"Name":"edge"},"Service":{"Name":"web"},"GatewayKind":"ingress-gateway","Port":8443,"Protocol":"http","Hosts":["web.example"]}""");
    }

    [Fact]
    public async Task A_terminating_gateway_leads_to_the_services_that_it_names_and_a_wildcard_to_all_others()
    {
        await PutAsync(
            "/v1/config",
            """{"Kind":"terminating-gateway","Name":"out","Services":[{"Name":"db","CAFile":"ca.pem","CertFile":"c.pem","KeyFile":"k.pem","SNI":"db.example"},{"Name":"*","CAFile":"all.pem"}]}""");
        const string db = """{"Gateway":{"Name":"out"},"Service":{"Name":"db"},"GatewayKind":"terminating-gateway","CAFile":"ca.pem","CertFile":"c.pem","KeyFile":"k.pem","SNI":"db.example"}""";
        (await ReadAsync("OUT")).Should().Equal(db);

        // Proxies are none that it stands for, nor the servers themselves.
        await PutAsync("/v1/catalog/register", """{"Node":"n","Address":"10.0.0.1","Service":{"Service":"api"}}""");
        await PutAsync("/v1/catalog/register", """{"Node":"n","Address":"10.0.0.1","Service":{"Service":"p","Kind":"connect-proxy","Port":1,"Proxy":{"DestinationServiceName":"api"}}}""");
        (await ReadAsync("out")).Should().Equal(
            """{"Gateway":{"Name":"out"},"Service":{"Name":"api"},"GatewayKind":"terminating-gateway","CAFile":"all.pem","FromWildcard":true}""", db);
    }

    [Fact]
    public async Task What_is_no_gateway_leads_nowhere()
    {
        (await ReadAsync("nope")).Should().BeEmpty();
        var (status, text, _) = await _agent.SendAsync("GET", "/v1/catalog/gateway-services/", token: "root");
        (status, text).Should().Be((400, "Missing gateway name"));
    }

    [Fact] // ACL-FILT-1: what may not be seen is left out
    public async Task A_token_sees_the_services_that_it_may_read()
    {
        await PutAsync("/v1/config", """{"Kind":"terminating-gateway","Name":"out","Services":[{"Name":"db"},{"Name":"web"}]}""");
        var token = await _agent.TokenAsync("service \"out\" { policy = \"read\" } service \"web\" { policy = \"read\" }");
        var (status, text, headers) = await _agent.SendAsync("GET", "/v1/catalog/gateway-services/out", token: token);
        status.Should().Be(200, text);
        JsonNode.Parse(text)!.AsArray().Select(static link => (string)link!["Service"]!["Name"]!).Should().Equal("web");
        headers["X-Consul-Results-Filtered-By-ACLs"].Should().Be("true");
    }

    [Fact] // CAT-16: a reader of one gateway is woken by its entry
    public async Task A_parked_reader_is_woken_by_the_entry()
    {
        await PutAsync("/v1/config", """{"Kind":"terminating-gateway","Name":"out","Services":[{"Name":"db"}]}""");
        var index = (await _agent.SendAsync("GET", "/v1/catalog/gateway-services/out", token: "root")).Headers["X-Consul-Index"];
        var parked = _agent.SendAsync("GET", $"/v1/catalog/gateway-services/out?index={index}&wait=300s", token: "root");
        var reader = _agent.Services.GetRequiredService<BlockingReader>();
        await AgentFixture.EventuallyAsync(() => reader.Parked == 1, "the reader is parked");
        await PutAsync("/v1/config", """{"Kind":"service-defaults","Name":"other","Protocol":"http"}""");
        await PutAsync("/v1/config", """{"Kind":"terminating-gateway","Name":"out","Services":[{"Name":"db"},{"Name":"web"}]}""");
        JsonNode.Parse((await parked).Text)!.AsArray().Should().HaveCount(2);
    }

    private async Task PutAsync(string path, string body)
    {
        var (status, text, _) = await _agent.SendAsync("PUT", path, body, "root");
        status.Should().Be(200, text);
    }

    // Without indexes.
    private async Task<IEnumerable<string>> ReadAsync(string gateway)
    {
        var (status, text, headers) = await _agent.SendAsync("GET", "/v1/catalog/gateway-services/" + gateway, token: "root");
        status.Should().Be(200, text);
        ulong.Parse(headers["X-Consul-Index"], System.Globalization.CultureInfo.InvariantCulture).Should().BePositive();
        return JsonNode.Parse(text)!.AsArray().Select(static link =>
        {
            link!.AsObject().Remove("CreateIndex").Should().BeTrue();
            link.AsObject().Remove("ModifyIndex").Should().BeTrue();
            return link.ToJsonString();
        });
    }
}
