using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>The 102 decisions that were taken on a running reference (intentions AUTHZ-20 to AUTHZ-25, ICHK-2, ICHK-3).</summary>
public sealed class AuthorizeCasesTests
{
    public static TheoryData<string> Groups() => [.. Load().Select(group => (string)group["name"]!)];

    [Fact]
    public void The_table_has_all_its_decisions() => Load().Sum(group => group["checks"]!.AsArray().Count).Should().Be(102);

    [Theory]
    [MemberData(nameof(Groups))]
    public void The_engine_decides_as_recorded(string name)
    {
        var group = Load().Single(candidate => (string)candidate["name"]! == name);
        var intentions = group["intentions"]!.AsArray().Select(Read).ToList();
        intentions.Sort(IntentionPrecedence.Order);
        var fallback = (string)group["default_policy"]! switch
        {
            "allow" => DefaultDecision.Allow,
            "deny" => DefaultDecision.Deny,
            _ => DefaultDecision.AclsDisabled,
        };
        foreach (var check in group["checks"]!.AsArray().Select(node => node!.AsObject()))
        {
            var (source, destination) = ((string)check["source"]!, (string)check["destination"]!);
            var authorized = check.ContainsKey("source_namespace")
                ? fallback.Decision
                : Protecting(intentions, destination).Decide(source, fallback);
            authorized.Allowed.Should().Be((bool)check["allowed"]!, "{0} => {1}", source, destination);
            authorized.Reason.Should().Be((string)check["reason"]!);
            (authorized.Matched is { } matched ? $"default/{matched.SourceName} => default/{matched.DestinationName}" : null)
                .Should().Be((string?)check["matched"]);
            if (check["check_allowed"] is { } allowed)
            {
                IntentionMatch.ForSource([.. intentions.Where(intention => intention.SourceName == source || intention.SourceName == "*")])
                    .Decide(destination, fallback).Allowed.Should().Be((bool)allowed, "check {0} => {1}", source, destination);
            }
        }
    }

    private static IntentionMatch Protecting(IEnumerable<Intention> intentions, string destination) => IntentionMatch.ForDestination(
        [.. intentions.Where(intention => intention.DestinationName == "*"
            || intention.DestinationName.Equals(destination, StringComparison.OrdinalIgnoreCase))]);

    private static Intention Read(JsonNode? node) => new()
    {
        SourceName = (string)node!["source"]!,
        DestinationName = (string)node["destination"]!,
        Action = (string?)node["action"],
        Permissions = node["permissions"]?.AsArray().Select(permission => new IntentionPermission { Action = (string)permission!["Action"]! }).ToList(),
    };

    private static List<JsonObject> Load() =>
        [.. JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/authorize-cases.json")))!.AsArray().Select(group => group!.AsObject())];
}
