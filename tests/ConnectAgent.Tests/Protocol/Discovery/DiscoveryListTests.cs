using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Discovery;

/// <summary>services HLT-1 to HLT-3, HLT-8.</summary>
public sealed class DiscoveryListTests
{
    [Fact]
    public void What_is_kept_is_the_text_of_the_servers_without_their_spaces()
    {
        var health = Parse("""
            [ { "Node": {"Node":"n1"}, "Service": {"Service":"web","X":1.50}, "Checks": [], "Unknown": {"b":"<\u00e9>","a":null} } ]
            """);
        Encoding.UTF8.GetString(health.Json.Span).Should().Be(
            """[{"Node":{"Node":"n1"},"Service":{"Service":"web","X":1.50},"Checks":[],"Unknown":{"b":"\u003cé\u003e","a":null}}]""");
    }

    [Theory] // HLT-3
    [InlineData("""[]""", true)]
    [InlineData("""[{"Status":"passing"},{"Status":"passing"}]""", true)]
    [InlineData("""[{"Status":"passing"},{"Status":"warning"}]""", false)]
    [InlineData("""[{"Status":"critical"}]""", false)]
    [InlineData("""[{"Status":"Passing"}]""", false)]
    [InlineData("""[{"Status":""}]""", false)]
    public void An_instance_passes_when_each_of_its_checks_does(string checks, bool passes) =>
        Parse($$"""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":{{checks}}}]""").Items.Single().IsPassing.Should().Be(passes);

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[7]")]
    [InlineData("[{}]")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"}}]""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":null}]""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":[{}]}]""")]
    [InlineData("""[{"Node":{"Node":""},"Service":{"Service":"web"},"Checks":[]}]""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":7},"Checks":[]}]""")]
    [InlineData("""[{"Node":{"Node":"\ud800"},"Service":{"Service":"web"},"Checks":[]}]""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":[],"X":"\ud800"}]""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":[]}""")]
    [InlineData("""[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":[]}] x""")]
    public void What_does_not_say_whose_it_is_is_refused(string json)
    {
        var parse = () => Parse(json);
        parse.Should().Throw<JsonException>();
    }

    [Fact] // HLT-8
    public void Each_right_is_asked_for_once_and_what_lacks_one_goes()
    {
        var health = Parse($"[{HealthInstances.Of("n1", "a")},{HealthInstances.Of("n2", "a")},{HealthInstances.Of("n1", "b")}]");
        var (node1, node2, service1, service2) = (Node("n1"), Node("n2"), Service("a"), Service("b"));
        health.Needs.Should().Equal(node1, node2, service1, service2);
        NamesOf(health.Without(new HashSet<AccessRequest> { node1 })).Should().Equal("n2/a");
        NamesOf(health.Without(new HashSet<AccessRequest> { service1 })).Should().Equal("n1/b");
        health.Without(new HashSet<AccessRequest> { Node("n3"), Service("n1") }).Should().BeSameAs(health);
        health.Without(new HashSet<AccessRequest> { node1 }).IsFiltered.Should().BeTrue();
    }

    [Fact] // HLT-3: in their order
    public void Some_of_the_instances_are_a_list_of_their_own()
    {
        var health = Parse($"[{HealthInstances.Of("n1", "a")},{HealthInstances.Of("n2", "b")},{HealthInstances.Of("n3", "c")}]");
        var some = health.Where(instance => instance.Node != "n2", isFiltered: false);
        NamesOf(some).Should().Equal("n1/a", "n3/c");
        some.IsFiltered.Should().BeFalse();
        some.SaysTheSame(Parse(Encoding.UTF8.GetString(some.Json.Span))).Should().BeTrue();
        some.SaysTheSame(health).Should().BeFalse();
        Encoding.UTF8.GetString(health.Where(_ => false, isFiltered: false).Json.Span).Should().Be("[]");
    }

    private static DiscoveryList Parse(string json) => DiscoveryList.Parse(DiscoveryForm.Health, Encoding.UTF8.GetBytes(json), isFiltered: false);

    private static IEnumerable<string> NamesOf(DiscoveryList health) => health.Items.Select(instance => $"{instance.Node}/{instance.Service}");

    private static AccessRequest Node(string name) => new(AclResource.Node, name, AclAccess.Read);

    private static AccessRequest Service(string name) => new(AclResource.Service, name, AclAccess.Read);
}
