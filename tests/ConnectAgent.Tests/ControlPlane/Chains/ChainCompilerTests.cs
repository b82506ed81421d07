using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Protocol.Chains;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Chains;

/// <summary>services DCH-2 to DCH-9; whole chains are in the recording discovery-chain.</summary>
public sealed class ChainCompilerTests
{
    private const string Http = """{"Kind":"proxy-defaults","Config":{"protocol":"http"}}""";

    [Fact] // DCH-9
    public void Without_entries_a_chain_is_the_service_itself()
    {
        var chain = ChainFixture.Of().Compile("web");
        (chain.Protocol, chain.StartNode, chain.IsDefault).Should().Be(("tcp", "resolver:web.default.dc1", true));
        ChainFixture.Of("""{"Kind":"service-resolver","Name":"web","Meta":{"a":"b"}}""").Compile("web").IsDefault.Should().BeTrue();
        ChainFixture.Of("""{"Kind":"service-resolver","Name":"web","ConnectTimeout":"1s"}""").Compile("web").IsDefault.Should().BeFalse();
        ChainFixture.Of("""{"Kind":"service-resolver","Name":"web","Redirect":{"Service":"db"}}""").Compile("web").IsDefault.Should().BeFalse();
    }

    [Fact] // DCH-4, DCH-6
    public void A_redirect_is_followed_the_default_subset_after_it()
    {
        var chain = ChainFixture.Of(
            """{"Kind":"service-resolver","Name":"old","Redirect":{"Service":"web","Datacenter":"dc2"},"ConnectTimeout":"1s"}""",
            """{"Kind":"service-resolver","Name":"web","DefaultSubset":"v1","Subsets":{"v1":{"Filter":"x","OnlyPassing":true}},"ConnectTimeout":"7s"}""")
            .Compile("old");
        chain.Targets.Should().ContainSingle().Which.Value.Should().Be(new ChainTarget
        {
            Id = "v1.web.default.dc2",
            Service = "web",
            Subset = "v1",
            Datacenter = "dc2",
            ConnectTimeout = "7s",
            Filter = "x",
            OnlyPassing = true,
            Sni = "v1.web.default.dc2.internal.td.consul",
            Name = "v1.web.default.dc2.internal.td.consul",
        });
        (chain.ServiceName, chain.StartNode, chain.Datacenter).Should().Be(("old", "resolver:v1.web.default.dc2", "dc1"));
    }

    [Theory] // DCH-6: the entry of the subset, else that of all; never the place itself, no place twice
    [InlineData("v1", """{"v1":{"Service":"a"},"*":{"Service":"b"}}""", "a.default.dc1")]
    [InlineData("v2", """{"v1":{"Service":"a"},"*":{"Service":"b"}}""", "b.default.dc1")]
    [InlineData("v1", """{"*":{"Datacenters":["dc2","dc1","dc3","dc2"]}}""", "v1.web.default.dc2 v1.web.default.dc3")]
    [InlineData("v1", """{"*":{"Datacenters":["dc1"]}}""", "")]
    [InlineData("v1", """{"*":{"Service":"web","ServiceSubset":"v2"}}""", "v2.web.default.dc1")]
    [InlineData("v1", """{"*":{"Service":"c","ServiceSubset":"v9","Datacenters":["dc2","dc3"]}}""", "v9.c.default.dc2 v9.c.default.dc3")]
    [InlineData("v1", """{"*":{"Service":"redirected"}}""", "moved.default.dc4")]
    [InlineData("v1", """{"*":{"Service":"back"}}""", "")]
    public void Failover_goes_where_the_resolver_says(string subset, string failover, string expected)
    {
        var chain = ChainFixture.Of(
            $$"""{"Kind":"service-resolver","Name":"web","DefaultSubset":"{{subset}}","Subsets":{"v1":{},"v2":{} },"Failover":{{failover}} }""",
            """{"Kind":"service-resolver","Name":"c","Subsets":{"v9":{}},"Failover":{"*":{"Service":"d"}}}""",
            """{"Kind":"service-resolver","Name":"back","Redirect":{"Service":"web"}}""",
            """{"Kind":"service-resolver","Name":"redirected","Redirect":{"Service":"moved","Datacenter":"dc4"}}""").Compile("web");
        var node = $"resolver:{subset}.web.default.dc1";
        string.Join(' ', chain.Nodes.Should().ContainSingle().Which.Value.Resolver!.Failover).Should().Be(expected);
        chain.Targets.Keys.Should().BeEquivalentTo(chain.TargetsOf(node).Select(target => target.Id));
        chain.TargetsOf(node).First().Id.Should().Be($"{subset}.web.default.dc1");
    }

    [Fact] // DCH-6
    public void A_router_leads_to_splitters_or_to_subsets_and_what_no_route_takes_to_its_service()
    {
        var chain = ChainFixture.Of(
            Http,
            """
            {"Kind":"service-router","Name":"web","Routes":[
              {"Match":{"HTTP":{"PathPrefix":"/a"}},"Destination":{"Service":"split","RequestTimeout":"3s","NumRetries":2}},
              {"Match":{"HTTP":{"PathExact":"/b"}},"Destination":{"Service":"split","ServiceSubset":"v1"}},
              {"Match":{"HTTP":{"PathPrefix":"/c"}}}]}
            """,
            """{"Kind":"service-splitter","Name":"split","Splits":[{"Weight":100,"ServiceSubset":"v2"}]}""",
            """{"Kind":"service-resolver","Name":"split","Subsets":{"v1":{},"v2":{}}}""",
            """{"Kind":"service-router","Name":"split","Routes":[{"Destination":{"Service":"nobody"}}]}""").Compile("web");
        var router = chain.Nodes["router:web.default"];
        router.Routes!.Select(route => route.NextNode).Should().Equal(
            "splitter:split.default", "resolver:v1.split.default.dc1", "resolver:web.default.dc1", "resolver:web.default.dc1");
        router.Routes![0].Definition.Should().Be(
            """{"Match":{"HTTP":{"PathPrefix":"/a"}},"Destination":{"Service":"split","RequestTimeout":"3s","NumRetries":2}}""");
        router.Routes![3].Definition.Should().Be(
            """{"Match":{"HTTP":{"PathPrefix":"/"}},"Destination":{"Service":"web","Namespace":"default"}}""");
        chain.StartNode.Should().Be("router:web.default");
        chain.Nodes.Should().HaveCount(5).And.NotContainKey("router:split.default");
    }

    [Fact] // DCH-6
    public void A_splitter_behind_a_splitter_is_part_of_it()
    {
        var chain = ChainFixture.Of(
            Http,
            """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":60},{"Weight":40,"Service":"next"}]}""",
            """{"Kind":"service-splitter","Name":"next","Splits":[{"Weight":33.33,"Service":"x"},{"Weight":33.33,"Service":"y"},{"Weight":33.34}]}""")
            .Compile("web");
        chain.Nodes.Should().NotContainKey("splitter:next.default");
        chain.Nodes["splitter:web.default"].Splits.Should().Equal(
            new ChainSplit(60, "resolver:web.default.dc1"),
            new ChainSplit(13.33m, "resolver:x.default.dc1"),
            new ChainSplit(13.33m, "resolver:y.default.dc1"),
            new ChainSplit(13.34m, "resolver:next.default.dc1"));
    }

    [Fact] // each rounded by itself, the halves would add up to 50.01
    public void Shares_of_a_split_add_up_to_it()
    {
        var chain = ChainFixture.Of(
            Http,
            """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":50},{"Weight":50,"Service":"next"}]}""",
            """{"Kind":"service-splitter","Name":"next","Splits":[{"Weight":33.33,"Service":"x"},{"Weight":33.33,"Service":"y"},{"Weight":33.34}]}""")
            .Compile("web");
        chain.Nodes["splitter:web.default"].Splits!.Select(split => split.Weight).Should().Equal(50, 16.67m, 16.66m, 16.67m);
    }

    [Fact] // a splitter that a route leads to as well stays
    public void A_splitter_that_is_needed_stays()
    {
        var chain = ChainFixture.Of(
            Http,
            """{"Kind":"service-router","Name":"web","Routes":[{"Destination":{"Service":"next"}}]}""",
            """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":100,"Service":"next"}]}""",
            """{"Kind":"service-splitter","Name":"next","Splits":[{"Weight":100}]}""").Compile("web");
        chain.Nodes.Keys.Should().BeEquivalentTo("router:web.default", "splitter:web.default", "splitter:next.default", "resolver:next.default.dc1");
    }

    [Fact] // DCH-3
    public void A_load_balancer_stands_at_its_resolver_and_one_that_hashes_at_the_splitter_too()
    {
        var chain = ChainFixture.Of(
            Http,
            """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":50,"Service":"a"},{"Weight":50,"Service":"b"}]}""",
            """{"Kind":"service-resolver","Name":"a","LoadBalancer":{"Policy":"random"}}""",
            """{"Kind":"service-resolver","Name":"b","LoadBalancer":{"Policy":"maglev","HashPolicies":[{"SourceIP":true}]}}""").Compile("web");
        const string Maglev = """{"Policy":"maglev","HashPolicies":[{"SourceIP":true}]}""";
        chain.Nodes["resolver:a.default.dc1"].LoadBalancer.Should().Be("""{"Policy":"random"}""");
        chain.Nodes["resolver:b.default.dc1"].LoadBalancer.Should().Be(Maglev);
        chain.Nodes["splitter:web.default"].LoadBalancer.Should().Be(Maglev);
    }

    [Fact] // DCH-4
    public void An_external_service_has_a_name_of_its_own_for_tls()
    {
        var target = ChainFixture.Of("""{"Kind":"service-defaults","Name":"ext","ExternalSNI":"ext.example.com","MeshGateway":{"Mode":"local"}}""")
            .Compile("ext", datacenter: "dc2").Targets.Values.Single();
        target.Should().Match<ChainTarget>(found => found.IsExternal && found.Sni == "ext.example.com" && found.Name == "ext.default.dc2.internal.td.consul");
        target.MeshGatewayMode.Should().BeEmpty("DCH-7");
    }

    [Theory] // DCH-7
    [InlineData("dc1", "local", "remote", "none", "")]
    [InlineData("dc2", "local", "remote", "none", "none")]
    [InlineData("dc2", "local", "remote", "", "local")]
    [InlineData("dc2", "", "remote", "", "remote")]
    [InlineData("dc2", "", "", "", "")]
    public void Gateways_are_for_what_is_elsewhere(string datacenter, string service, string global, string wanted, string expected) =>
        ChainFixture.Of(
            $$"""{"Kind":"service-defaults","Name":"web","MeshGateway":{"Mode":"{{service}}"} }""",
            $$"""{"Kind":"proxy-defaults","MeshGateway":{"Mode":"{{global}}"} }""")
            .Compile("web", new ChainOverrides(wanted, string.Empty, 0), datacenter).Targets.Values.Single().MeshGatewayMode.Should().Be(expected);

    [Theory] // DCH-8: recorded
    [InlineData("dc1", "local", "grpc", 8_000_000_000, "12e2330e")]
    [InlineData("dc2", "remote", "", 8_000_000_000, "20b6a492")]
    [InlineData("dc1", "", "tcp", 5_000_000_000, "")]
    [InlineData("dc1", "local", "", 0, "")]
    public void Overrides_count_when_they_change_something(string datacenter, string mode, string protocol, long timeout, string expected) =>
        ChainFixture.Of().Compile("web", new ChainOverrides(mode, protocol, timeout), datacenter).CustomizationHash.Should().Be(expected);

    [Fact] // DCH-8
    public void A_protocol_that_does_not_route_drops_routers_and_splitters()
    {
        var entries = ChainFixture.Of(
            Http,
            """{"Kind":"service-router","Name":"web","Routes":[{"Destination":{"Service":"other"}}]}""",
            """{"Kind":"service-splitter","Name":"web","Splits":[{"Weight":100,"Service":"other"}]}""");
        var chain = entries.Compile("web", new ChainOverrides(string.Empty, "tcp", 0));
        (chain.CustomizationHash, chain.Protocol, chain.StartNode).Should().Be(("96f2c150", "tcp", "resolver:web.default.dc1"));
        chain.Nodes.Should().ContainSingle();
        entries.Compile("web", new ChainOverrides(string.Empty, "http2", 0)).StartNode.Should().Be("router:web.default");
    }

    [Fact] // DCH-11
    public void The_next_target_is_the_first_that_is_not_known_to_have_none()
    {
        var chain = ChainFixture.Of("""{"Kind":"service-resolver","Name":"web","Failover":{"*":{"Datacenters":["dc2","dc3"]}}}""").Compile("web");
        HashSet<string> none = [];
        List<string?> asked = [];
        for (var i = 0; i < 4; i++)
        {
            var next = chain.NextTarget(chain.StartNode, target => none.Contains(target.Id))?.Id;
            asked.Add(next);
            none.Add(next ?? string.Empty);
        }

        asked.Should().Equal("web.default.dc1", "web.default.dc2", "web.default.dc3", null);
    }

    [Fact] // DCH-2 to DCH-4: names of services are kept as they are asked for
    public void A_chain_is_written_in_the_reference_order()
    {
        var shown = ChainFixture.Show(ChainFixture.Of("""{"Kind":"service-resolver","Name":"web","Subsets":{"v1":{"OnlyPassing":true}},"DefaultSubset":"v1"}""")
            .Compile("Web<", datacenter: "dc1"));
        JsonNode.Parse(shown)!.AsObject().Select(pair => pair.Key).Should().Equal(
            "ServiceName", "Namespace", "Datacenter", "Protocol", "StartNode", "Nodes", "Targets");
    }
}
