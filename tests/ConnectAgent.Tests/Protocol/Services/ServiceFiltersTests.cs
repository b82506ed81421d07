using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>The selectors of services FILT-1 to FILT-5 on each shape; the language itself is tested with the parser.</summary>
public sealed class ServiceFiltersTests
{
    private static readonly CatalogNode Node = new()
    {
        Id = "i",
        Name = "n1",
        Address = "10.0.0.1",
        Datacenter = "dc1",
        TaggedAddresses = new Dictionary<string, string>(StringComparer.Ordinal) { ["lan"] = "10.0.0.1" },
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["os"] = "linux", ["x-y"] = "z" },
    };

    private static readonly NodeService Proxy = HashVectors.Of("dd1f219e732d96cd") with
    {
        Tags = ["v1"],
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["version"] = "1" },
        TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal) { ["wan"] = new("198.18.0.1", 80) },
    };

    private static readonly HealthCheck Check = new()
    {
        Node = "n1",
        CheckId = "c",
        Name = "n",
        Status = "passing",
        ServiceId = "web1",
        ServiceTags = ["v1"],
        Type = "ttl",
    };

    [Theory] // AG-4
    [InlineData("Kind == `connect-proxy` and ID == h2 and Service == h2 and Port == 98 and Address == ``", true)]
    [InlineData("v1 in Tags and Meta.version == 1 and Weights.Passing == 1 and EnableTagOverride == false", true)]
    [InlineData("TaggedAddresses.wan.Address == `198.18.0.1` and TaggedAddresses.wan.Port == 80 and wan in TaggedAddresses", true)]
    [InlineData("TaggedAddresses.lan.Port == 80", false)]
    [InlineData("TaggedAddresses.lan.Port != 80", true)] // FILT-2: a missing key
    [InlineData("TaggedAddresses is not empty", true)]
    [InlineData("Proxy.DestinationServiceName == web and Proxy.Mode == transparent and Proxy.MeshGateway.Mode == local", true)]
    [InlineData("Proxy.TransparentProxy.OutboundListenerPort == 15001 and Proxy.TransparentProxy.DialedDirectly == false", true)]
    [InlineData("Proxy.Upstreams.DestinationName == db and Proxy.Upstreams.LocalBindPort == 91 and Proxy.Upstreams.MeshGateway.Mode == local", true)]
    [InlineData("Proxy.Upstreams is empty or Proxy.Expose.Paths is empty", false)]
    [InlineData("Proxy.Expose.Paths.Path == `/m` and Proxy.Expose.Checks == false", true)]
    [InlineData("Connect.Native == true", false)]
    [InlineData("Connect.Native != true", true)]
    [InlineData("SocketPath == ``", true)]
    public void Services_of_an_agent_are_selected(string filter, bool isSelected)
    {
        Matches(filter, ServiceFilters.AgentService, Proxy).Should().Be(isSelected);
        Matches(filter, ServiceFilters.NodeService, Proxy).Should().Be(isSelected);
    }

    [Fact] // DATA-1: what is not shown is not there
    public void The_agent_selects_what_it_shows()
    {
        var typical = Proxy with { Kind = "" };
        Matches("Proxy.DestinationServiceName == web", ServiceFilters.AgentService, typical).Should().BeFalse();
        Matches("Proxy.DestinationServiceName == web", ServiceFilters.NodeService, typical).Should().BeTrue();
        Matches("Weights.Passing == 1", ServiceFilters.AgentService, typical with { Weights = new ServiceWeights(0, 0) }).Should().BeTrue();
        Matches("Connect.Native == true", ServiceFilters.AgentService, typical with { IsNative = true }).Should().BeTrue();
        Matches("Proxy.Mode == ``", ServiceFilters.NodeService, typical with { Proxy = null }).Should().BeTrue();
    }

    [Theory] // CAT-10, FLT-5
    [InlineData("Node == n1 and ID == i and Address == `10.0.0.1` and Datacenter == dc1", true)]
    [InlineData("Meta.os == linux and Meta[\"x-y\"] == z and TaggedAddresses.lan == `10.0.0.1`", true)]
    [InlineData("Meta is empty", false)]
    public void Nodes_are_selected(string filter, bool isSelected)
    {
        Matches(filter, ServiceFilters.Node, Node).Should().Be(isSelected);
        Matches(filter, ServiceFilters.Node, new CatalogNode { Name = "other" }).Should().Be(!isSelected);
    }

    [Theory] // CAT-12
    [InlineData("ServicePort==98 and ServiceName == h2 and ServiceID == h2 and ServiceKind == `connect-proxy`", true)]
    [InlineData("Node == n1 and NodeMeta.os == linux and TaggedAddresses.lan == `10.0.0.1` and ServiceTaggedAddresses.wan.Port == 80", true)]
    [InlineData("ServiceConnect.Native != true and ServiceMeta.version == 1 and v1 in ServiceTags and ServiceWeights.Warning == 1", true)]
    [InlineData("ServiceProxy.DestinationServiceName == web and ServiceEnableTagOverride == false and ServiceAddress == `` and ServiceSocketPath == ``", true)]
    [InlineData("ServicePort == 99", false)]
    public void Instances_are_selected(string filter, bool isSelected) =>
        Matches(filter, ServiceFilters.ServiceNode<InstanceHealth>(static of => of.Node, static of => of.Service), Health()).Should().Be(isSelected);

    [Theory] // AG-8, HLT-6
    [InlineData("CheckID == c and Name == n and Status == passing and Node == n1 and ServiceID == web1 and v1 in ServiceTags and Type == ttl", true)]
    [InlineData("ServiceName == web or Output != `` or Notes != `` or ExposedPort == 1 or Interval != `` or Timeout != ``", false)]
    public void Checks_are_selected(string filter, bool isSelected) => Matches(filter, ServiceFilters.Check, Check).Should().Be(isSelected);

    [Theory] // HLT-1, FLT-5: any of the checks
    [InlineData("Node.Meta.os == linux and Service.Meta.version == 1 and Checks.Status == passing", true)]
    [InlineData("Checks.Status == critical", true)]
    [InlineData("not Checks.Status == critical", false)]
    [InlineData("Checks is empty", false)]
    public void Instances_with_their_checks_are_selected(string filter, bool isSelected) => Matches(filter, ServiceFilters.InstanceHealth, Health()).Should().Be(isSelected);

    [Theory] // FILT-3, CONV-14
    [InlineData("CreateIndex == 1", "CreateIndex")]
    [InlineData("ModifyIndex == 1", "ModifyIndex")]
    [InlineData("ContentHash == a", "ContentHash")]
    [InlineData("Datacenter == dc1", "Datacenter")]
    [InlineData("Namespace == a", "Namespace")]
    [InlineData("Proxy.Config.a == 1", "Proxy.Config")]
    [InlineData("Proxy.Upstreams.Config is empty", "Proxy.Upstreams.Config")]
    [InlineData("Bogus == 1", "Bogus")]
    [InlineData("TaggedAddresses.wan.Bogus == 1", "TaggedAddresses.wan.Bogus")]
    [InlineData("Meta.a.b == 1", "Meta.a.b")]
    public void What_cannot_be_selected_is_refused(string filter, string selector)
    {
        var parse = () => FilterExpression<NodeService>.Parse(filter, ServiceFilters.AgentService);
        parse.Should().Throw<FilterException>().WithMessage($"*Selector \"{selector}\" is not valid");
        var check = () => FilterExpression<HealthCheck>.Parse("Definition.HTTP == a", ServiceFilters.Check);
        check.Should().Throw<FilterException>().WithMessage("*Selector \"Definition\" is not valid");
    }

    [Theory] // FLT-6
    [InlineData("TaggedAddresses == a", "Invalid match operator \"Equal\" for selector \"TaggedAddresses\"")]
    [InlineData("TaggedAddresses.wan == a", "Invalid match operator \"Equal\" for selector \"TaggedAddresses.wan\"")]
    public void An_operator_must_fit(string filter, string error)
    {
        var parse = () => FilterExpression<NodeService>.Parse(filter, ServiceFilters.AgentService);
        parse.Should().Throw<FilterException>().WithMessage("*" + error);
    }

    private static InstanceHealth Health() => new(Node, Proxy, [Check, Check with { CheckId = "d", Status = "critical" }]);

    private static bool Matches<T>(string filter, FilterSchema<T> schema, T item) => FilterExpression<T>.Parse(filter, schema).Matches(item);
}
