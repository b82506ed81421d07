using System.Text.Json;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>services CENT-1 to CENT-3.</summary>
public sealed class CentralConfigurationTests
{
    private static readonly NodeService Sidecar = new()
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = "web-sidecar-proxy",
        Name = "web-sidecar-proxy",
        Proxy = new ProxyConfig
        {
            DestinationServiceName = "web",
            DestinationServiceId = "web1",
            Upstreams = [Upstream("db"), Upstream("near", "prepared_query")],
        },
    };

    [Fact] // the step vector2 of agent-service-blocking
    public void Without_entries_an_upstream_takes_the_registered_mode_and_nothing_else_changes()
    {
        var registered = With(Sidecar, proxy => proxy with { MeshGatewayMode = "local", Config = """{"a":1}""", TransparentProxy = new(15001, false) });
        var merged = Merge(registered);
        merged.Should().BeEquivalentTo(With(registered, proxy => proxy with
        {
            Upstreams = [proxy.Upstreams[0] with { MeshGatewayMode = "local" }, proxy.Upstreams[1]],
        }));
        Merge(Sidecar).Should().BeSameAs(Sidecar);
    }

    [Fact] // CENT-1
    public void Only_gateways_and_proxies_of_a_local_service_are_merged()
    {
        var remote = With(Sidecar, proxy => proxy with { DestinationServiceId = string.Empty, MeshGatewayMode = "local" });
        var typical = Sidecar with { Kind = ServiceKinds.Typical };
        const string Defaults = """{"Kind":"proxy-defaults","Name":"global","Config":{"a":1}}""";
        Merge(remote, Defaults).Should().BeSameAs(remote);
        Merge(typical, Defaults).Should().BeSameAs(typical);
        var gateway = new NodeService { Kind = ServiceKinds.MeshGateway, Id = "gate", Name = "gate" };
        Merge(gateway, Defaults, ("gate", """{"Protocol":"http"}""")).Proxy!.Config.Should().Be("""{"a":1,"protocol":"http"}""");
    }

    [Fact] // CENT-2
    public void Settings_fill_what_is_unset_the_services_before_the_global_ones()
    {
        const string Global = """
            {"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"http","z":{"b":1,"a":[null]},"kept":1},"Mode":"direct",
             "MeshGateway":{"Mode":"remote"},"TransparentProxy":{"OutboundListenerPort":1,"DialedDirectly":true},
             "Expose":{"Checks":true,"Paths":[{"Path":"/global","ListenerPort":1,"LocalPathPort":2,"Protocol":"http"}]}}
            """;
        const string Service = """
            {"Kind":"service-defaults","Name":"web","Protocol":"grpc","Mode":"transparent","MeshGateway":{},"TransparentProxy":{"OutboundListenerPort":7},
             "Expose":{"Paths":[{"Path":"/own","ListenerPort":3,"LocalPathPort":4,"ParsedFromCheck":true}]}}
            """;
        var registered = With(Sidecar, proxy => proxy with { Config = """{"kept":null}""", Upstreams = [] });
        var proxy = Merge(registered, Global, ("web", Service)).Proxy!;
        proxy.Should().BeEquivalentTo(registered.Proxy! with
        {
            Config = """{"kept":null,"protocol":"grpc","z":{"a":[null],"b":1}}""",
            Mode = "transparent",
            MeshGatewayMode = "remote",
            TransparentProxy = new(7, true),
            Expose = new(true, [new ExposePath { Path = "/own", ListenerPort = 3, LocalPathPort = 4, ParsedFromCheck = true }]),
        });
    }

    [Fact] // CENT-2
    public void What_the_registration_says_stays()
    {
        var registered = With(Sidecar, proxy => proxy with
        {
            Config = """{"protocol":"tcp"}""",
            Mode = "direct",
            MeshGatewayMode = "none",
            TransparentProxy = new(9, true),
            Expose = new(true, [new ExposePath { Path = "/x" }]),
            Upstreams = [],
        });
        const string Global = """
            {"Config":{"protocol":"http"},"Mode":"transparent","MeshGateway":{"Mode":"local"},
             "TransparentProxy":{"OutboundListenerPort":1},"Expose":{"Paths":[{"Path":"/y"}]}}
            """;
        Merge(registered, Global).Should().BeSameAs(registered);
    }

    [Theory] // CENT-3
    [InlineData("""{"Protocol":"grpc"}""", """{"Config":{"protocol":"http"}}""", """{"protocol":"grpc"}""")]
    [InlineData("""{"Protocol":""}""", """{"Config":{"protocol":"http"}}""", """{"protocol":"http"}""")]
    [InlineData(null, """{"Config":{"protocol":"http"}}""", """{"protocol":"http"}""")]
    [InlineData("""{"Protocol":"grpc"}""", null, """{"protocol":"grpc"}""")]
    [InlineData(null, null, null)]
    public void An_upstream_has_its_services_protocol_or_the_global_one(string? service, string? global, string? expected)
    {
        var upstreams = Merge(Sidecar, global, ("DB", service)).Proxy!.Upstreams;
        upstreams[0].Config.Should().Be(expected);
        upstreams[1].Should().BeSameAs(Sidecar.Proxy!.Upstreams[1]);
    }

    [Fact] // CENT-3
    public void What_the_service_says_of_its_upstreams_fills_what_they_lack()
    {
        const string Web = """
            {"UpstreamConfig":{
              "Overrides":[{"Name":"DB","Protocol":"http2","ConnectTimeoutMs":7,"MeshGateway":{"Mode":"remote"},
                            "Limits":{"MaxConnections":0,"MaxPendingRequests":3}}],
              "Defaults":{"Protocol":"http","EnvoyClusterJSON":"{}","ConnectTimeoutMs":9,"MeshGateway":{"Mode":"local"},
                          "PassiveHealthCheck":{"Interval":10,"MaxFailures":2}}}}
            """;
        var db = Upstream("db") with { Config = """{"envoy_cluster_json":"x"}""" };
        var registered = With(Sidecar, proxy => proxy with { Upstreams = [db, Upstream("other")] });
        var upstreams = Merge(registered, null, ("web", Web), ("db", """{"Protocol":"tcp"}""")).Proxy!.Upstreams;
        upstreams[0].Config.Should().Be(
            """
            {"connect_timeout_ms":7,"envoy_cluster_json":"x","limits":{"max_connections":0,"max_pending_requests":3},
            "passive_health_check":{"interval":10,"max_failures":2},"protocol":"http2"}
            """.ReplaceLineEndings(string.Empty));
        upstreams[1].Config.Should().Be(
            """{"connect_timeout_ms":9,"envoy_cluster_json":"{}","passive_health_check":{"interval":10,"max_failures":2},"protocol":"http"}""");
        upstreams.Select(upstream => upstream.MeshGatewayMode).Should().Equal("remote", "local");
    }

    [Theory] // CENT-3: its own, what its service says of it, what the proxy registered, what its service says of all
    [InlineData("none", "remote", "local", "none")]
    [InlineData("", "remote", "local", "remote")]
    [InlineData("", "", "local", "local")]
    [InlineData("", "", "", "none")]
    public void The_gateway_mode_of_an_upstream_is_the_nearest(string own, string named, string registered, string expected)
    {
        var service = With(Sidecar, proxy => proxy with { MeshGatewayMode = registered, Upstreams = [Upstream("db") with { MeshGatewayMode = own }] });
        var web = $$"""
            {"UpstreamConfig":{"Overrides":[{"Name":"db","MeshGateway":{"Mode":"{{named}}"} }],"Defaults":{"MeshGateway":{"Mode":"none"} } } }
            """;
        Merge(service, null, ("web", web)).Proxy!.Upstreams.Single().MeshGatewayMode.Should().Be(expected);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("""{"Protocol":7,"Mode":[],"MeshGateway":"x","TransparentProxy":7,"Expose":{"Paths":{}},"UpstreamConfig":{"Overrides":7}}""")]
    [InlineData("""{"Config":"x","UpstreamConfig":{"Defaults":7}}""")]
    public void What_has_another_type_says_nothing(string entry) => Merge(Sidecar, entry, ("web", entry), ("db", entry)).Should().BeSameAs(Sidecar);

    private static NodeService Merge(NodeService service, string? proxyDefaults = null, params (string Name, string? Entry)[] serviceDefaults) =>
        new CentralConfiguration(Parse(proxyDefaults), name => Parse(serviceDefaults.FirstOrDefault(entry => NameKey.Of(entry.Name) == NameKey.Of(name)).Entry))
            .Merge(service);

    private static CentralEntry Parse(string? entry) => entry is null ? CentralEntry.None : CentralEntry.Of(JsonElement.Parse(entry));

    private static Upstream Upstream(string name, string type = "service") => new() { DestinationType = type, DestinationName = name, LocalBindPort = 1 };

    private static NodeService With(NodeService service, Func<ProxyConfig, ProxyConfig> change) => service with { Proxy = change(service.Proxy!) };
}
