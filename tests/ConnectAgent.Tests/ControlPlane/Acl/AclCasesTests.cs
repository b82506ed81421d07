using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Rules;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Acl;

/// <summary>The 239 decisions that were taken on a running reference (acl section 6.7), through the evaluator.</summary>
public sealed class AclCasesTests
{
    public static TheoryData<string, string> Groups()
    {
        var groups = new TheoryData<string, string>();
        foreach (var set in Sets())
        {
            foreach (var group in set!["groups"]!.AsArray())
            {
                groups.Add((string)set["default_policy"]!, (string)group!["name"]!);
            }
        }

        return groups;
    }

    [Fact]
    public void The_table_has_all_its_rows() =>
        Sets().Sum(set => set!["groups"]!.AsArray().Sum(group => group!["cases"]!.AsArray().Count)).Should().Be(239);

    [Theory]
    [MemberData(nameof(Groups))]
    public void The_evaluator_decides_as_recorded(string defaultPolicy, string name)
    {
        var group = Sets().Single(set => (string)set!["default_policy"]! == defaultPolicy)!["groups"]!.AsArray()
            .Single(candidate => (string)candidate!["name"]! == name)!;
        var parts = group["policies"]!.AsArray()
            .Where(policy => policy!["Datacenters"]?.AsArray().Any(datacenter => (string)datacenter! == "dc1") is not false)
            .Select(policy => PolicyRulesReader.Read((string?)policy!["Rules"] ?? BuiltinPolicy.Rules))
            .Concat(ServiceIdentities(group).Where(identity => identity.CountsIn("dc1")).Select(identity => identity.Rules()))
            .Concat(NodeIdentities(group).Where(identity => identity.CountsIn("dc1")).Select(identity => identity.Rules()))
            .ToList();
        var inOrder = new RuleAuthorizer(PolicyRules.Merge(parts), defaultPolicy == "allow");
        parts.Reverse();
        var reversed = new RuleAuthorizer(PolicyRules.Merge(parts), defaultPolicy == "allow");
        foreach (var row in group["cases"]!.AsArray())
        {
            var resource = Enum.Parse<AclResource>((string)row!["Resource"]!, ignoreCase: true);
            var access = Enum.Parse<AclAccess>(((string)row["Access"]!).Replace("-", string.Empty, StringComparison.Ordinal), ignoreCase: true);
            var segment = (string)row["Segment"]!;
            inOrder.Allows(resource, segment, access).Should().Be((bool)row["Allow"]!, "{0}", row.ToJsonString());
            reversed.Allows(resource, segment, access).Should().Be((bool)row["Allow"]!, "the order does not matter (ACL-MERGE-1): {0}", row.ToJsonString());
        }
    }

    private static IEnumerable<ServiceIdentity> ServiceIdentities(JsonNode group) => (group["ServiceIdentities"]?.AsArray() ?? []).Select(identity =>
        new ServiceIdentity(
            (string)identity!["ServiceName"]!, identity["Datacenters"]?.AsArray().Select(datacenter => (string)datacenter!).ToList()));

    private static IEnumerable<NodeIdentity> NodeIdentities(JsonNode group) => (group["NodeIdentities"]?.AsArray() ?? []).Select(identity =>
        new NodeIdentity((string)identity!["NodeName"]!, (string)identity["Datacenter"]!));

    private static JsonArray Sets() => JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/acl-authorize-cases.json")))!["sets"]!.AsArray();
}
