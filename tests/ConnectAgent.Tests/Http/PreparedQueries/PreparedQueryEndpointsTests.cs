using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.PreparedQueries;

/// <summary>services PQ-1 to PQ-10 over HTTP; whole exchanges are in the recording prepared-query.</summary>
public sealed class PreparedQueryEndpointsTests
{
    private const string Unknown = "f004177f-2c28-83b7-4229-eacc25fe55d1";

    [Theory] // PQ-1
    [InlineData("PUT", "/v1/query", 405, "OPTIONS,GET,POST", "method PUT not allowed")]
    [InlineData("OPTIONS", "/v1/query", 200, "OPTIONS,GET,POST", "")]
    [InlineData("POST", "/v1/query/x", 405, "GET,PUT,DELETE", "method POST not allowed")]
    [InlineData("OPTIONS", "/v1/query/x", 200, "OPTIONS,GET,PUT,DELETE", "{}")]
    [InlineData("PUT", "/v1/query/x/execute", 405, "GET", "method PUT not allowed")]
    [InlineData("DELETE", "/v1/query/x/explain", 405, "GET", "method DELETE not allowed")]
    [InlineData("POST", "/v1/query/x/explain", 405, "GET", "method POST not allowed")]
    [InlineData("OPTIONS", "/v1/query/x/execute", 200, "OPTIONS,GET", "{}")]
    [InlineData("OPTIONS", "/v1/query/x/explain", 200, "OPTIONS,GET", "{}")]
    public async Task Methods_are_told_as_the_reference_tells_them(string method, string path, int status, string allow, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var lines = (await agent.ExchangeAsync(new HttpMethod(method), path)).Split('\n');
        lines[0].Should().Be($"{status}");
        lines.Single(line => line.StartsWith("Allow: ", StringComparison.Ordinal)).Should().Be("Allow: " + allow);
        System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(lines[^1])).TrimEnd().Should().Be(text);
    }

    [Theory] // PQ-3, PQ-7, PQ-8
    [InlineData("POST", "/v1/query", """{"ID":"x","Name":"y","Service":{"Service":"web"}}""", 500, "ID must be empty when creating a new prepared query")]
    [InlineData("POST", "/v1/query", """{"Service":{"Service":"web"}}""", 500, "Invalid prepared query: Must be bound to a session")]
    [InlineData("POST", "/v1/query", """{"Session":"s","Service":{"Service":"web"}}""", 500, "raft apply failed: invalid session")]
    [InlineData("POST", "/v1/query", """{"Name":"x","Token":"<hidden>","Service":{"Service":"web"}}""", 500,
        "Invalid prepared query: Bad Token '<hidden>', it looks like a query definition with a redacted token was submitted")]
    [InlineData("POST", "/v1/query", """{"Name":"x"}""", 500, "Invalid prepared query: Must provide a Service name to query")]
    [InlineData("POST", "/v1/query", """{"Name":"x","Service":{"Service":"web","Failover":{"NearestN":-1}}}""", 500,
        "Invalid prepared query: Bad NearestN '-1', must be >= 0")]
    [InlineData("POST", "/v1/query", """{"Name":"x","Service":{"Service":"web"},"DNS":{"TTL":"zz"}}""", 500,
        "Invalid prepared query: Bad DNS TTL 'zz': time: invalid duration \"zz\"")]
    [InlineData("POST", "/v1/query", """{"Name":"x","Service":{"Service":"web"},"DNS":{"TTL":"-1s"}}""", 500,
        "Invalid prepared query: Bad DNS TTL '-1s', must be >= 0")]
    [InlineData("POST", "/v1/query", """{"Name":"x","Template":{"Type":"x"},"Service":{"Service":"web"}}""", 500, "Bad Template.Type 'x'")]
    [InlineData("POST", "/v1/query", """{"Template":{"Type":"name_prefix_match","Regexp":"("},"Service":{"Service":"web"}}""", 500,
        "Bad Regexp: error parsing regexp: missing closing ): `(`")]
    [InlineData("POST", "/v1/query", """{"Name":"Taken","Service":{"Service":"web"}}""", 500, "raft apply failed: name 'Taken' aliases an existing query name")]
    [InlineData("POST", "/v1/query", "{", 400, "Request decode failed: unexpected EOF")]
    [InlineData("POST", "/v1/query", """{"Bogus":1}""", 400, "Request decode failed: json: unknown field \"Bogus\"")]
    [InlineData("POST", "/v1/query", """{"Service":{"Peer":"p"}}""", 400, "Request decode failed: json: unknown field \"Peer\"")]
    [InlineData("POST", "/v1/query", """{"Name":7}""", 400, "Request decode failed: json: cannot unmarshal number into Go struct field PreparedQuery.Name of type string")]
    [InlineData("PUT", "/v1/query/" + Unknown, """{"Name":"x","Service":{"Service":"web"}}""", 500, "Cannot modify non-existent prepared query: '" + Unknown + "'")]
    [InlineData("PUT", "/v1/query/x", """{"Name":"x","Service":{"Service":"web"}}""", 500,
        "Prepared Query lookup failed: failed prepared query lookup: index error: UUID must be 36 characters")]
    [InlineData("DELETE", "/v1/query/" + Unknown, null, 500, "Cannot modify non-existent prepared query: '" + Unknown + "'")]
    [InlineData("GET", "/v1/query/" + Unknown, null, 404, "Query not found")]
    [InlineData("GET", "/v1/query/nope", null, 500, "failed prepared query lookup: index error: UUID must be 36 characters")]
    [InlineData("GET", "/v1/query/nope/execute", null, 404, "Query not found")]
    [InlineData("GET", "/v1/query/nope/explain", null, 404, "Query not found")]
    [InlineData("GET", "/v1/query/taken/execute?connect=zz", null, 500, "Error parsing 'connect' value: strconv.ParseBool: parsing \"zz\": invalid syntax")]
    [InlineData("GET", "/v1/query/taken/execute?limit=zz", null, 500, "Bad limit: strconv.Atoi: parsing \"zz\": invalid syntax")]
    [InlineData("GET", "/v1/query/taken/execute?dc=nope", null, 500, "No path to datacenter")]
    [InlineData("GET", "/v1/query?ns=x", null, 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature")]
    public async Task Mistakes_are_told_in_the_words_of_the_rule(string method, string path, string? body, int status, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await CreateAsync(agent, """{"Name":"taken","Service":{"Service":"web"}}""");
        var answer = await agent.SendAsync(method, path, body);
        (answer.Status, answer.Text).Should().Be((status, text));
    }

    [Fact] // PQ-3
    public async Task A_name_is_no_other_querys_id_and_only_one_template_is_for_all_names()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var id = await CreateAsync(agent, """{"Name":"one","Service":{"Service":"web"}}""");
        (await agent.SendAsync("POST", "/v1/query", $$"""{"Name":"{{id}}","Service":{"Service":"web"} }""")).Text
            .Should().Be($"raft apply failed: name '{id}' aliases an existing query ID");
        const string ForAll = """{"Template":{"Type":"name_prefix_match"},"Service":{"Service":"web"}}""";
        await CreateAsync(agent, ForAll);
        (await agent.SendAsync("POST", "/v1/query", ForAll)).Text.Should().Be("raft apply failed: a query template with an empty name already exists");
    }

    [Fact] // PQ-2: clients compare what they read with what they wrote
    public async Task What_was_written_is_read()
    {
        await using var agent = await InProcessAgent.StartAsync();
        const string Full = """
            {"Name":"q","Session":"","Token":"t","Template":{"Type":"name_prefix_match","Regexp":"^a(.*)$","RemoveEmptyTags":true},
             "Service":{"Service":"web","Failover":{"NearestN":2,"Datacenters":["dc2"]},"OnlyPassing":true,"IgnoreCheckIDs":["c"],"Near":"_agent",
                        "Tags":[],"NodeMeta":{"b":"1","a":"2"},"ServiceMeta":{},"Connect":true},
             "DNS":{"TTL":"10s"}}
            """;
        var newer = JsonNode.Parse(Full)!;
        newer["Service"]!["Peer"] = string.Empty;
        newer["Service"]!["Failover"]!["Targets"] = new JsonArray();
        var id = await CreateAsync(agent, newer.ToJsonString());
        var read = (await agent.GetAsync("/v1/query/" + id))[0]!.AsObject();
        ((string)read["ID"]!).Should().Be(id);
        foreach (var added in new[] { "ID", "CreateIndex", "ModifyIndex" })
        {
            read.Remove(added);
        }

        JsonNode.DeepEquals(read, JsonNode.Parse(Full)).Should().BeTrue(read.ToJsonString());
    }

    [Fact] // PQ-1: the ID of the path counts; a template's text is filled in for who asks what it stands for
    public async Task A_query_is_changed_in_its_place()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var id = await CreateAsync(agent, """{"Name":"q","Service":{"Service":"web"}}""");
        var before = (await agent.GetAsync("/v1/query/" + id))[0]!;
        var template = $$"""{"ID":"{{Unknown}}","Name":"geo-","Template":{"Type":"name_prefix_match"},"Service":{"Service":"${name.suffix}"} }""";
        var answer = await agent.SendAsync("PUT", "/v1/query/" + id, template);
        (answer.Status, answer.Text).Should().Be((200, string.Empty));
        var after = (await agent.GetAsync("/v1/query/" + id))[0]!;
        ((ulong)after["CreateIndex"]!).Should().Be((ulong)before["CreateIndex"]!);
        ((ulong)after["ModifyIndex"]!).Should().BeGreaterThan((ulong)before["ModifyIndex"]!);
        ((string)(await agent.GetAsync("/v1/query/geo-db/explain"))["Query"]!["Service"]!["Service"]!).Should().Be("db");
        ((string)(await agent.GetAsync("/v1/query/geo-db/execute"))["Service"]!).Should().Be("db");
        (await agent.SendAsync("DELETE", "/v1/query/" + id)).Status.Should().Be(200);
        (await agent.GetAsync("/v1/query")).AsArray().Should().BeEmpty();
    }

    [Theory] // PQ-4
    [InlineData("", "leader")]
    [InlineData("?stale=", "stale")]
    [InlineData("?consistent", "consistent")]
    public async Task The_answer_says_how_it_was_read(string query, string level)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await CreateAsync(agent, """{"Name":"q","Service":{"Service":"web"}}""");
        var (status, text, headers) = await agent.SendAsync("GET", "/v1/query/q/execute" + query);
        (status, headers["X-Consul-Effective-Consistency"], headers["X-Consul-Index"]).Should().Be((200, level, "1"));
        ((string)JsonNode.Parse(text)!["ConsistencyLevel"]!).Should().Be(level);
    }

    [Fact] // PQ-5: near the agent itself
    public async Task What_runs_beside_the_agent_comes_first()
    {
        await using var agent = await InProcessAgent.StartAsync();
        var self = (await agent.GetAsync("/v1/agent/self"))["Config"]!["NodeName"]!.GetValue<string>();
        await RegisterAsync(agent, "a", self, "z");
        await CreateAsync(agent, """{"Name":"q","Service":{"Service":"web","Near":"a"}}""");
        for (var i = 0; i < 5; i++)
        {
            (await NodesAsync(agent, "/v1/query/q/execute?near=_agent&limit=1", string.Empty)).Should().Equal(self);
            (await NodesAsync(agent, "/v1/query/q/execute?limit=1", string.Empty)).Should().Equal("a");
        }
    }

    [Fact] // PQ-7, PQ-10
    public async Task Rights_are_by_name_and_the_token_is_managements()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await RegisterAsync(agent, "n1", "n2");
        var reader = await agent.TokenAsync("""query "q" { policy = "read" }""");
        var finder = await agent.TokenAsync("""service "web" { policy = "read" } node "n1" { policy = "read" }""");
        var nobody = await agent.TokenAsync("""query "other" { policy = "write" }""");
        var all = await agent.TokenAsync("""service_prefix "" { policy = "read" } node_prefix "" { policy = "read" }""");
        var id = await CreateAsync(agent, $$"""{"Name":"q","Token":"{{all}}","Service":{"Service":"web"} }""");
        await CreateAsync(agent, """{"Name":"own","Service":{"Service":"web"}}""");

        // A list has what may be read, one query is refused.
        ((string)(await QueriesAsync(agent, reader)).Single()!["Token"]!).Should().Be("<hidden>");
        (await QueriesAsync(agent, "root")).Select(query => (string)query!["Token"]!).Order().Should().Equal(string.Empty, all);
        (await QueriesAsync(agent, nobody)).Should().BeEmpty();
        (await agent.SendAsync("GET", "/v1/query/" + id, token: nobody)).Text.Should().Be("Permission denied");
        (await agent.SendAsync("GET", "/v1/query/q/explain", token: nobody)).Status.Should().Be(403);
        ((string)JsonNode.Parse((await agent.SendAsync("GET", "/v1/query/q/explain", token: reader)).Text)!["Query"]!["Token"]!).Should().Be("<hidden>");

        // Whoever writes needs the right to what was there and to what will be.
        foreach (var name in new[] { "q", "other" })
        {
            (await agent.SendAsync("PUT", "/v1/query/" + id, $$"""{"Name":"{{name}}","Service":{"Service":"web"} }""", nobody)).Status.Should().Be(403);
        }

        (await agent.SendAsync("DELETE", "/v1/query/" + id, token: nobody)).Status.Should().Be(403);
        (await agent.SendAsync("DELETE", "/v1/query/" + id, token: reader)).Status.Should().Be(403);

        // A query with a token finds what that may see, whoever asks; another what the caller may.
        (await NodesAsync(agent, "/v1/query/q/execute", nobody)).Should().BeEquivalentTo("n1", "n2");
        (await NodesAsync(agent, "/v1/query/own/execute", nobody)).Should().BeEmpty();
        (await NodesAsync(agent, "/v1/query/own/execute", finder)).Should().Equal("n1");
        (await agent.SendAsync("GET", "/v1/query/own/execute", token: finder)).Headers.Should().ContainKey("X-Consul-Results-Filtered-By-Acls");
        (await agent.SendAsync("GET", "/v1/query/own/execute", token: Unknown)).Text.Should().Be("ACL not found");
    }

    private static async Task<string> CreateAsync(InProcessAgent agent, string query)
    {
        var (status, text, _) = await agent.SendAsync("POST", "/v1/query", query);
        status.Should().Be(200, text);
        return (string)JsonNode.Parse(text)!["ID"]!;
    }

    private static async Task RegisterAsync(InProcessAgent agent, params string[] nodes)
    {
        foreach (var node in nodes)
        {
            await agent.Services.GetRequiredService<CatalogStore>().RegisterAsync(
                new CatalogRegistration(new CatalogNode { Name = node, Address = "10.0.0.1" }) { Service = new NodeService { Id = "web", Name = "web" } },
                TokenRights.Everything);
        }
    }

    private static async Task<JsonArray> QueriesAsync(InProcessAgent agent, string token) =>
        JsonNode.Parse((await agent.SendAsync("GET", "/v1/query", token: token)).Text)!.AsArray();

    private static async Task<IEnumerable<string>> NodesAsync(InProcessAgent agent, string path, string token) =>
        JsonNode.Parse((await agent.SendAsync("GET", path, token: token)).Text)!["Nodes"]!.AsArray().Select(node => (string)node!["Node"]!["Node"]!);
}
