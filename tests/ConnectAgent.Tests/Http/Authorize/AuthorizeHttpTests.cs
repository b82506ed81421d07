using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Authorize;

/// <summary>authorize and authorize/http on a real socket (intentions sections 7 and 8).</summary>
public sealed class AuthorizeHttpTests
{
    private const string Connection = "/v1/agent/connect/authorize";
    private const string Request = "/v1/agent/connect/authorize/http";

    public static TheoryData<string> Groups() => [.. Load().Select(group => (string)group["name"]!)];

    [Theory] // AUTHZ-20 to AUTHZ-25, ICHK-2, ICHK-3
    [MemberData(nameof(Groups))]
    public async Task Each_recorded_decision_is_the_same_over_HTTP(string name)
    {
        // Given
        var group = Load().Single(candidate => (string)candidate["name"]! == name);
        var policy = (string)group["default_policy"]!;
        await using var agent = await InProcessAgent.StartAsync(policy == "acl-disabled" ? null : policy);
        await agent.StoreAsync(group["intentions"]!.AsArray().Select(node => new Intention
        {
            SourceName = (string)node!["source"]!,
            DestinationName = (string)node["destination"]!,
            Action = (string?)node["action"],
            Permissions = node["permissions"]?.Deserialize<List<IntentionPermission>>(),
        }));
        foreach (var check in group["checks"]!.AsArray().Select(node => node!))
        {
            // When
            var (source, destination) = ((string)check["source"]!, (string)check["destination"]!);
            var decision = await agent.DecideAsync(Connection, new JsonObject
            {
                ["Target"] = destination,
                ["ClientCertURI"] = $"spiffe://x.consul/ns/{(string?)check["source_namespace"] ?? "default"}/dc/dc1/svc/{source}",
            });

            // Then
            ((bool)decision["Authorized"]!, (string)decision["Reason"]!).Should().Be(((bool)check["allowed"]!, (string)check["reason"]!));
            if (check["check_allowed"] is { } allowed)
            {
                var path = $"/v1/connect/intentions/check?source={Uri.EscapeDataString(source)}&destination={Uri.EscapeDataString(destination)}";
                ((bool)(await agent.GetAsync(path))["Allowed"]!).Should().Be((bool)allowed, "{0} => {1}", source, destination);
            }
        }
    }

    [Theory] // L7-1 to L7-8
    [InlineData("deny")]
    [InlineData("allow")]
    public async Task Each_worked_case_is_decided_over_HTTP(string policy)
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync(policy);
        await agent.StoreAsync(LayerSevenCase.Sets.Select(set => L7("web", set, LayerSevenCase.Permissions(set))));
        foreach (var row in LayerSevenCase.All)
        {
            // When
            var decision = await agent.DecideAsync(Request, Ask(row));

            // Then
            var allowed = policy == "deny" ? row.AllowedUnderDeny : row.AllowedUnderAllow;
            var word = allowed ? "ALLOW" : "DENY";
            ((bool)decision["Authorized"]!).Should().Be(allowed, "row {0}", row.Row);
            ((string)decision["Reason"]!).Should().Be(
                $"Matched L7 intention: default/web => default/{row.Set} (Precedence: 9, Permissions: {LayerSevenCase.Permissions(row.Set).Count})"
                + (row.Decides is { } decides ? $", permission {decides}: {word}" : $", no permission matched, default: {word}"));
        }
    }

    [Fact] // L7-8
    public async Task Answers_that_do_not_rest_on_permissions_are_those_of_authorize()
    {
        await using var agent = await InProcessAgent.StartAsync();
        await agent.StoreAsync(new Intention { SourceName = "web", DestinationName = "db", Action = "deny" });
        foreach (var service in new[] { "web", "other" })
        {
            var plain = new JsonObject { ["Target"] = "db", ["ClientCertURI"] = InProcessAgent.UriOf(service) };
            var asked = new JsonObject { ["Target"] = "db", ["ClientCertURI"] = InProcessAgent.UriOf(service), ["Method"] = "GET", ["Path"] = "/../" };
            await agent.PostAsync(Connection, plain.ToJsonString());
            var connection = await agent.PostAsync(Connection, plain.ToJsonString());
            var request = await agent.PostAsync(Request, asked.ToJsonString());
            request.Text.Should().Be(connection.Text);
            (request.Headers["X-Cache"], request.Headers["Age"]).Should().Be((connection.Headers["X-Cache"], connection.Headers["Age"]));
        }
    }

    [Theory] // AUTHZ-10, and the new checks between the identity and the token
    [InlineData("", "", 400, "Bad request: Request decode failed: EOF")]
    [InlineData("", "{\"Foo\":1}", 400, "Bad request: Request decode failed: json: unknown field \"Foo\"")]
    [InlineData("", "{\"Headers\":{\"a\":1}}", 400, "Bad request: Request decode failed: json: cannot unmarshal number into Go struct field ConnectAuthorizeRequest.Headers of type string")]
    [InlineData("", "{\"Path\":\"/\",\"Method\":\"GET\"}", 400, "Bad request: Target service must be specified")]
    [InlineData("", "{\"Target\":\"db\",\"ClientCertURI\":\"x\"}", 400, "Bad request: ClientCertURI not a valid Connect identifier")]
    [InlineData("", "{\"Target\":\"db\",\"ClientCertURI\":\"spiffe://x.consul\"}", 400, "Bad request: ClientCertURI not a valid Service identifier")]
    [InlineData("", "{\"Target\":\"db\",\"ClientCertURI\":\"URI\"}", 400, "Bad request: Method must be specified")]
    [InlineData("", "{\"Target\":\"db\",\"ClientCertURI\":\"URI\",\"Method\":\"GET\"}", 400, "Bad request: Path must be specified")]
    [InlineData("?token=nobody", "{\"Target\":\"db\",\"ClientCertURI\":\"URI\",\"Method\":\"GET\"}", 400, "Bad request: Path must be specified")]
    [InlineData("?token=nobody", "{\"Target\":\"db\",\"ClientCertURI\":\"URI\",\"Method\":\"GET\",\"Path\":\"/\"}", 403, "ACL not found")]
    [InlineData("?token=anonymous", "{\"Target\":\"db\",\"ClientCertURI\":\"URI\",\"Method\":\"GET\",\"Path\":\"/\"}", 403, "Permission denied")]
    public async Task What_is_wrong_is_told_in_order(string query, string body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        var answer = await agent.PostAsync(Request + query, body.Replace("\"URI\"", $"\"{InProcessAgent.UriOf("web")}\"", StringComparison.Ordinal));
        (answer.Status, answer.Text).Should().Be((status, text));
        answer.Headers.Should().NotContainKey("X-Cache");
    }

    [Fact] // L7-6, DEF-8: the options reach the engine
    public async Task The_options_can_be_turned_off()
    {
        await using var agent = await InProcessAgent.StartAsync("deny", values =>
        {
            values.Set(ConnectKeys.AuthorizeNormalizePaths, false);
            values.Set(ConnectKeys.AuthorizeEachHeader, false);
        });
        await agent.StoreAsync(L7("web", "api", JsonNode.Parse("""
            [{"Action":"deny","HTTP":{"Header":[{"Name":"x","Exact":"evil"}]}},{"Action":"allow","HTTP":{"PathPrefix":"/a/.."}}]
            """)!));
        var decision = await agent.DecideAsync(Request, new JsonObject
        {
            ["Target"] = "api",
            ["ClientCertURI"] = InProcessAgent.UriOf("web"),
            ["Method"] = "GET",
            ["Path"] = "/a/..",
            ["Headers"] = new JsonObject { ["x"] = new JsonArray("evil", "good") },
        });
        ((bool)decision["Authorized"]!).Should().BeTrue();
    }

    [Fact]
    public async Task A_decision_is_explained()
    {
        // Given
        await using var agent = await InProcessAgent.StartAsync("deny");
        await agent.StoreAsync(
            L7("web", "api", JsonNode.Parse("""[{"Action":"allow","HTTP":{"PathExact":"/x"}},{"Action":"allow","HTTP":{"PathPrefix":"/v1"}}]""")!),
            new Intention { SourceName = "*", DestinationName = "api", Action = "deny" },
            new Intention { SourceName = "other", DestinationName = "api", Action = "deny" },
            new Intention { SourceName = "*", DestinationName = "*", Action = "allow" });
        var body = new JsonObject { ["Target"] = "api", ["ClientCertURI"] = InProcessAgent.UriOf("web"), ["Method"] = "GET", ["Path"] = "//v1/%61?q" };

        // When
        var first = await agent.DecideAsync(Request + "?explain", body.DeepClone().AsObject());
        body["Path"] = "/no";
        var second = await agent.DecideAsync(Request + "?explain", body.DeepClone().AsObject());
        body["Path"] = "/..";
        var third = await agent.DecideAsync(Request + "?explain", body.DeepClone().AsObject());
        var plain = await agent.DecideAsync(Connection + "?explain", new JsonObject
        {
            ["Target"] = "api",
            ["ClientCertURI"] = InProcessAgent.UriOf("web").Replace("/ns/default/", "/ns/foo/", StringComparison.Ordinal),
        });

        // Then
        var index = (ulong)first["Cache"]!["Index"]!;
        index.Should().BePositive();
        var expected = JsonNode.Parse($$"""
            {
              "Authorized": true,
              "Reason": "Matched L7 intention: default/web => default/api (Precedence: 9, Permissions: 2), permission 1: ALLOW",
              "DecidedBy": "permission",
              "Matched": {"SourceName":"web","DestinationName":"api","Action":null,"Permissions":2,"ID":null,"Precedence":9},
              "Permission": 1,
              "Path": "/v1/a",
              "Beaten": [
                {"SourceName":"*","DestinationName":"api","Action":"deny","Permissions":0,"ID":null,"Precedence":8},
                {"SourceName":"*","DestinationName":"*","Action":"allow","Permissions":0,"ID":null,"Precedence":5}
              ],
              "BeatenCount": 2,
              "Candidates": 4,
              "Default": {"Used":false,"Allowed":false,"Reason":"Default behavior configured by ACLs","Why":"an intention decided"},
              "Cache": {"State":"MISS","InContact":true,"AgeSeconds":0,"Index":{{index}}}
            }
            """);
        JsonNode.DeepEquals(first, expected).Should().BeTrue("{0}", first);
        ((string)second["DecidedBy"]!, (bool)second["Default"]!["Used"]!, (string)second["Default"]!["Why"]!, (string)second["Cache"]!["State"]!)
            .Should().Be(("default", true, "no permission of the intention matches", "HIT"));
        ((string)third["DecidedBy"]!, third["Path"], third["Permission"]).Should().Be(("path", null, null));
        ((string)plain["DecidedBy"]!, plain["Matched"], (string)plain["Default"]!["Why"]!)
            .Should().Be(("default", null, "no intention matches another namespace than default"));
    }

    [Theory] // DEF-3, DEF-5
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc1/svc/web", null)]
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.CONSUL/ns/default/dc/DC1/svc/web", null)]
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc2/svc/web", null)]
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/default/dc/dc3/svc/web", "Mismatched datacenters: \"dc3\" != \"dc1\"")]
    [InlineData("spiffe://x.consul/ns/default/dc/dc1/svc/web", "Mismatched trust domains: \"x.consul\" != \"11111111-2222-3333-4444-555555555555.consul\"")]
    [InlineData("spiffe:///ns/default/dc/dc1/svc/web", "Mismatched trust domains: \"\" != \"11111111-2222-3333-4444-555555555555.consul\"")]
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/foo/dc/dc1/svc/web", "Mismatched namespaces: \"foo\" != \"default\"")]
    [InlineData("spiffe://11111111-2222-3333-4444-555555555555.consul/ns/Default/dc/dc1/svc/web", "Mismatched namespaces: \"Default\" != \"default\"")]
    public async Task A_strict_agent_refuses_foreign_peers(string uri, string? refusal)
    {
        await using var strict = await InProcessAgent.StartAsync(configure: values =>
        {
            values.Set(ConnectKeys.AuthorizeStrict, true);
            values.Merge(ConnectKeys.AuthorizeDatacenters, new List<string> { "DC2" });
        });
        var body = new JsonObject { ["Target"] = "db", ["ClientCertURI"] = uri };
        var decision = await strict.DecideAsync(Connection, body);
        ((bool)decision["Authorized"]!, (string)decision["Reason"]!)
            .Should().Be((refusal is null, refusal ?? "ACLs disabled, access is allowed by default"));
        var explained = await strict.DecideAsync(Connection + "?explain", body.DeepClone().AsObject());
        ((string)explained["DecidedBy"]!, (string)explained["Reason"]!).Should().Be((refusal is null ? "default" : "peer", (string)decision["Reason"]!));
    }

    [Theory] // AUTHZ-24
    [InlineData("allow", "deny", false)]
    [InlineData("deny", "allow", true)]
    [InlineData(null, "deny", false)]
    public async Task A_default_intention_policy_replaces_what_ACLs_say(string? acl, string policy, bool allowed)
    {
        await using var agent = await InProcessAgent.StartAsync(acl, values => values.Set(ConnectKeys.DefaultIntentionPolicy, policy));
        var decision = await agent.DecideAsync(Connection, new JsonObject { ["Target"] = "db", ["ClientCertURI"] = InProcessAgent.UriOf("web") });
        ((bool)decision["Authorized"]!, (string)decision["Reason"]!)
            .Should().Be((allowed, "Default behavior configured by default_intention_policy"));
        ((bool)(await agent.GetAsync("/v1/connect/intentions/check?source=web&destination=db"))["Allowed"]!).Should().Be(allowed);
    }

    private static Intention L7(string source, string destination, JsonNode permissions) => new()
    {
        SourceName = source,
        DestinationName = destination,
        Permissions = permissions.Deserialize<List<IntentionPermission>>(),
    };

    private static JsonObject Ask(LayerSevenCase row)
    {
        var headers = new JsonObject();
        foreach (var name in row.Headers.GroupBy(header => header.Key))
        {
            headers[name.Key] = name.Count() == 1
                ? name.Single().Value
                : new JsonArray([.. name.Select(header => JsonValue.Create(header.Value))]);
        }

        return new JsonObject
        {
            ["Target"] = row.Set,
            ["ClientCertURI"] = InProcessAgent.UriOf("web"),
            ["Method"] = row.Method,
            ["Path"] = row.Path,
            ["Headers"] = headers,
        };
    }

    private static List<JsonObject> Load() =>
        [.. JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/authorize-cases.json")))!.AsArray().Select(group => group!.AsObject())];
}
