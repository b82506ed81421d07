using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Health;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Http.Health;

/// <summary>The health of services out of the embedded control plane, and out of the cache over it (services section 6, CAT-17).</summary>
public sealed class HealthEndpointsTests
{
    private const string Web = "/v1/health/service/web";

    [Fact] // HLT-1, HLT-2, CAT-12: order, selection, case
    public async Task Instances_come_with_their_checks_in_order()
    {
        await using var agent = await StartAsync();
        var catalog = await SeedAsync(agent);
        (await NodesAsync(agent, Web)).Should().Be("n1,n2,n3");
        (await NodesAsync(agent, "/v1/health/service/WEB")).Should().Be("n1,n2,n3");
        (await NodesAsync(agent, "/v1/health/service/nope")).Should().BeEmpty();
        (await NodesAsync(agent, "/v1/health/connect/web")).Should().Be("n1,n2");
        (await NodesAsync(agent, "/v1/health/ingress/web")).Should().BeEmpty();
        var entry = (await agent.GetAsync("/v1/health/connect/web"))[0]!;
        (entry["Service"]!["Service"]!.ToString(), entry["Service"]!["Proxy"]!["DestinationServiceName"]!.ToString()).Should().Be(("web-proxy", "web"));
        entry["Checks"]!.AsArray().Select(check => check!["CheckID"]!.ToString()).Should().Equal("serfHealth", "web-proxy-1");
        await catalog.DeregisterAsync(new CatalogDeregistration(string.Empty, "n1"), TokenRights.Everything);
        (await NodesAsync(agent, Web)).Should().Be("n2,n3");
    }

    [Theory] // HLT-3, HLT-4, FLT-1, FLT-2, FILT-2
    [InlineData("?passing", "n1,n3")]
    [InlineData("?passing=1&stale", "n1,n3")]
    [InlineData("?passing=f", "n1,n2,n3")]
    [InlineData("?near=_agent", "n1,n2,n3")]
    [InlineData("?near=nobody&near=n3", "n1,n2,n3")]
    [InlineData("?tag=B&tag=a", "n1")]
    [InlineData("?tag=b", "n1,n3")]
    [InlineData("?node-meta=os:n2", "n2")]
    [InlineData("?node-meta=os:n2&node-meta=os:n3", "n3")]
    [InlineData("?node-meta=os", "")]
    [InlineData("?filter=Node.Node==n2", "n2")]
    [InlineData("?filter=Checks.Status==warning&tag=z", "")]
    public async Task What_is_not_asked_for_is_left_out(string query, string nodes)
    {
        await using var agent = await StartAsync();
        await SeedAsync(agent);
        (await NodesAsync(agent, Web + query)).Should().Be(nodes);
        (await NodesAsync(agent, Web + query + "&cached")).Should().Be(nodes);
        (await NodesAsync(agent, Web + query + "&cached")).Should().Be(nodes, "it is the same from the cache");
    }

    [Fact] // HLT-4, beyond
    public async Task Tags_count_for_what_connects()
    {
        await using var agent = await StartAsync();
        await agent.Services.GetRequiredService<CatalogStore>().PutAsync("n1", "web-proxy", connectsFor: "web", tags: ["a"]);
        (await NodesAsync(agent, "/v1/health/connect/web?tag=A")).Should().Be("n1");
        (await NodesAsync(agent, "/v1/health/connect/web?tag=b")).Should().BeEmpty();
    }

    [Theory] // HTTP-2, HTTP-3, HTTP-5, HLT-1, HLT-6, HDR-3, FLT-6
    [InlineData("/v1/health/service/", 400, "Missing service name", false)]
    [InlineData("/v1/health/connect/", 400, "Missing service name", false)]
    [InlineData("/v1/health/ingress/", 400, "Missing service name", false)]
    [InlineData("/v1/health/node/", 400, "Missing node name", false)]
    [InlineData("/v1/health/checks/", 400, "Missing service name", false)]
    [InlineData("/v1/health/state/", 400, "Missing check state", false)]
    [InlineData(Web + "?index=x", 400, "Invalid index", false)]
    [InlineData(Web + "?ns=a&index=x", 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature", false)]
    [InlineData(Web + "?stale&consistent", 400, "Cannot specify ?stale with ?consistent, conflicting semantics.", false)]
    [InlineData(Web + "?cached&consistent", 400, "Cannot specify ?cached with ?consistent, conflicting semantics.", false)]
    [InlineData(Web + "?passing=maybe", 400, "Invalid value for ?passing", true)]
    [InlineData(Web + "?passing=maybe&cached", 400, "Invalid value for ?passing", true)]
    [InlineData(Web + "?filter=Nope==1", 400, "Failed to create boolean expression evaluator: Selector \"Nope\" is not valid", false)]
    [InlineData(Web + "?filter=Nope==1&cached", 400, "Failed to create boolean expression evaluator: Selector \"Nope\" is not valid", false)]
    [InlineData(Web + "?dc=nope", 500, "No path to datacenter", false)]
    [InlineData("/v1/health/node/n1?dc=nope", 500, "No path to datacenter", true)]
    [InlineData("/v1/health/state/any?filter=Nope==1", 400, "Failed to create boolean expression evaluator: Selector \"Nope\" is not valid", true)]
    public async Task What_is_wrong_is_said_in_the_references_words(string target, int status, string text, bool hasQueryHeaders)
    {
        await using var agent = await StartAsync();
        await SeedAsync(agent);
        var answer = await agent.SendAsync("GET", target);
        (answer.Status, answer.Text, answer.Headers.ContainsKey("X-Consul-Index")).Should().Be((status, text, hasQueryHeaders));
    }

    [Fact] // HDR-2, HLT-7, CAT-17, CACHE-42
    public async Task Headers_say_where_the_answer_is_from()
    {
        await using var agent = await StartAsync();
        await SeedAsync(agent);
        foreach (var path in new[] { Web, "/v1/health/connect/web", "/v1/health/ingress/web" })
        {
            Of(await agent.SendAsync("GET", path + "?stale")).Should().Be(("true", "0", "blocking-query", "stale", "none", "none"));
            Of(await agent.SendAsync("GET", path + "?stale")).Should().Be(("true", "0", "blocking-query", "stale", "none", "none"), "reading fills no cache");
            Of(await agent.SendAsync("GET", path + "?cached")).Should().Be(("true", "0", "blocking-query", "leader", "MISS", "none"));
            Of(await agent.SendAsync("GET", path + "?cached")).Should().Be(("true", "0", "blocking-query", "leader", "HIT", "0"));
        }

        var direct = await agent.SendAsync("GET", Web);
        var cached = await agent.SendAsync("GET", Web + "?cached");
        (cached.Text, cached.Headers["X-Consul-Index"]).Should().Be((direct.Text, direct.Headers["X-Consul-Index"]));

        static (string, string, string, string, string, string) Of((int, string, IReadOnlyDictionary<string, string> Headers) answer) => (
            answer.Headers["X-Consul-Knownleader"],
            answer.Headers["X-Consul-Lastcontact"],
            answer.Headers["X-Consul-Query-Backend"],
            answer.Headers["X-Consul-Effective-Consistency"],
            answer.Headers.GetValueOrDefault("X-Cache", "none"),
            answer.Headers.GetValueOrDefault("Age", "none"));
    }

    [Theory] // HLT-5, CAT-16: what is of this service wakes, nothing else does
    [InlineData("")]
    [InlineData("&cached")]
    [InlineData("&passing&tag=b")]
    public async Task A_blocked_reader_wakes_on_a_check_of_its_service(string parameters)
    {
        await using var agent = await StartAsync();
        var catalog = await SeedAsync(agent);
        var index = (await agent.SendAsync("GET", Web)).Headers["X-Consul-Index"];
        if (parameters == "&cached")
        {
            await agent.SendAsync("GET", Web + "?cached");
        }

        var reader = agent.Services.GetRequiredService<BlockingReader>();
        var parked = reader.Parked;
        var held = agent.SendAsync("GET", $"{Web}?index={index}&wait=60s{parameters}");
        await ParkedAsync(reader, parked + (parameters == "&cached" ? 0 : 1));
        await catalog.PutAsync("n9", "other");
        held.IsCompleted.Should().BeFalse();
        await catalog.PutAsync("n3", "web", CheckStatus.Critical, tags: ["b"]);
        var answer = await held;
        ulong.Parse(answer.Headers["X-Consul-Index"]).Should().BeGreaterThan(ulong.Parse(index));
        answer.Headers["X-Consul-Query-Backend"].Should().Be("blocking-query");
    }

    [Fact] // HLT-6
    public async Task Checks_are_listed_by_node_by_service_and_by_state()
    {
        await using var agent = await StartAsync();
        await SeedAsync(agent);
        (await ChecksAsync(agent, "/v1/health/node/n2")).Should().Be("n2/serfHealth,n2/web-1,n2/web-proxy-1");
        (await ChecksAsync(agent, "/v1/health/node/nobody")).Should().BeEmpty();
        (await ChecksAsync(agent, "/v1/health/checks/Web")).Should().Be("n1/web-1,n2/web-1,n3/web-1");
        (await ChecksAsync(agent, "/v1/health/state/warning")).Should().Be("n2/web-1");
        (await ChecksAsync(agent, "/v1/health/state/bogus")).Should().BeEmpty();
        (await ChecksAsync(agent, "/v1/health/state/any?node-meta=os:n3")).Should().Be("n3/serfHealth,n3/web-1");
        (await ChecksAsync(agent, "/v1/health/state/any?filter=ServiceName==%22web-proxy%22")).Should().Be("n1/web-proxy-1,n2/web-proxy-1");
        var none = await agent.SendAsync("GET", "/v1/health/node/nobody?cached");
        none.Headers.Should().ContainKey("X-Consul-Index").And.NotContainKey("X-Cache");
    }

    [Theory] // HLT-8, acl ACL-PERM-26, -27, -30: denied, filtered, allowed
    [InlineData(Web, "service \"web\" { policy = \"read\" }", "", true)]
    [InlineData(Web, "service \"web\" { policy = \"read\" } node \"n2\" { policy = \"read\" }", "n2", true)]
    [InlineData(Web, "service \"web\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }", "n1,n2,n3", false)]
    [InlineData("/v1/health/connect/web", "service \"web\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }", "", true)]
    [InlineData("/v1/health/connect/web", "service \"web-proxy\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }", "", true)]
    [InlineData("/v1/health/connect/web", "service_prefix \"web\" { policy = \"read\" } node \"n1\" { policy = \"read\" }", "n1", true)]
    [InlineData("/v1/health/connect/web", "service_prefix \"web\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }", "n1,n2", false)]
    public async Task Each_sees_what_he_may_see(string path, string rules, string nodes, bool isFiltered)
    {
        await using var agent = await StartAsync("deny");
        await SeedAsync(agent);
        var token = await agent.TokenAsync(rules);
        foreach (var parameters in new[] { "", "?cached", "?cached", "?passing=0" })
        {
            var answer = await agent.SendAsync("GET", path + parameters, token: token);
            (answer.Status, Nodes(answer.Text), answer.Headers.ContainsKey("X-Consul-Results-Filtered-By-Acls")).Should().Be((200, nodes, isFiltered));
        }

        var unknown = await agent.SendAsync("GET", path, token: "nobody's");
        (unknown.Status, unknown.Text, unknown.Headers.ContainsKey("X-Consul-Index")).Should().Be((403, "ACL not found", false));
    }

    [Theory] // acl ACL-PERM-30
    [InlineData("/v1/health/node/n1", "node \"n1\" { policy = \"read\" }", "n1/serfHealth")]
    [InlineData("/v1/health/state/any", "node \"n1\" { policy = \"read\" } service \"web\" { policy = \"read\" }", "n1/serfHealth,n1/web-1")]
    [InlineData("/v1/health/checks/web", "service \"web\" { policy = \"read\" }", "")]
    [InlineData("/v1/health/checks/web", "node_prefix \"\" { policy = \"read\" } service \"web\" { policy = \"read\" }", "n1/web-1,n2/web-1,n3/web-1")]
    public async Task Of_checks_each_sees_those_of_nodes_and_services_that_he_may_read(string path, string rules, string checks)
    {
        await using var agent = await StartAsync("deny");
        await SeedAsync(agent);
        var token = await agent.TokenAsync(rules);
        var answer = await agent.SendAsync("GET", path, token: token);
        Checks(answer.Text).Should().Be(checks);
        var unknown = await agent.SendAsync("GET", path, token: "nobody's");
        (unknown.Status, unknown.Text, unknown.Headers["X-Consul-Index"]).Should().Be((403, "ACL not found", "1"));
    }

    [Theory] // ACL-SEC-2, ACL-SEC-3, ACL-SEC-6: who is parked when the token goes is refused at once, and so is who reads what is cached
    [InlineData("")]
    [InlineData("&cached")]
    public async Task A_token_that_goes_takes_its_readers_along(string parameters)
    {
        await using var agent = await StartAsync("deny");
        await SeedAsync(agent);
        var token = await agent.TokenAsync("service_prefix \"web\" { policy = \"read\" } node_prefix \"\" { policy = \"read\" }");
        var first = await agent.SendAsync("GET", $"{Web}?x{parameters}", token: token);
        var reader = agent.Services.GetRequiredService<BlockingReader>();
        var held = agent.SendAsync("GET", $"{Web}?index={first.Headers["X-Consul-Index"]}&wait=60s{parameters}", token: token);
        await ParkedAsync(reader, 1);
        await agent.SendAsync("DELETE", "/v1/acl/token/" + (string)(await SelfAsync(agent, token))["AccessorID"]!, token: "root");
        (await held).Should().Match<(int Status, string Text, IReadOnlyDictionary<string, string>)>(answer => answer.Status == 403 && answer.Text == "ACL not found");
        (await agent.SendAsync("GET", $"{Web}?x{parameters}", token: token)).Status.Should().Be(403);
    }

    [Fact] // issue 14: once per index, whoever reads
    public async Task A_service_is_rendered_once_for_each_index()
    {
        await using var agent = await StartAsync();
        var catalog = await SeedAsync(agent);
        var views = agent.Services.GetRequiredService<HealthViews>();
        await agent.SendAsync("GET", Web);
        var rendered = views.Rendered;
        var index = (await agent.SendAsync("GET", Web + "?passing")).Headers["X-Consul-Index"];
        var reader = agent.Services.GetRequiredService<BlockingReader>();
        var held = Enumerable.Range(0, 20).Select(_ => agent.SendAsync("GET", $"{Web}?index={index}&wait=60s")).ToList();
        await ParkedAsync(reader, 20);
        await catalog.PutAsync("n9", "other");
        await agent.SendAsync("GET", Web);
        views.Rendered.Should().Be(rendered, "nothing of it was written");
        await catalog.PutAsync("n1", "web", CheckStatus.Critical);
        var bodies = await Task.WhenAll(held);
        bodies.Select(answer => answer.Text).Distinct().Should().ContainSingle();
        views.Rendered.Should().Be(rendered + 1);
    }

    private static Task<InProcessAgent> StartAsync(string? policy = null) => InProcessAgent.StartAsync(policy, forProduction: true);

    private static async Task<CatalogStore> SeedAsync(InProcessAgent agent)
    {
        var catalog = agent.Services.GetRequiredService<CatalogStore>();
        await catalog.PutAsync("n3", "web", tags: ["b"]);
        await catalog.PutAsync("n1", "web", tags: ["a", "b"]);
        await catalog.PutAsync("n2", "web", CheckStatus.Warning);
        await catalog.PutAsync("n1", "web-proxy", connectsFor: "web");
        await catalog.PutAsync("n2", "web-proxy", connectsFor: "web");
        return catalog;
    }

    private static async Task<JsonNode> SelfAsync(InProcessAgent agent, string token) =>
        JsonNode.Parse((await agent.SendAsync("GET", "/v1/acl/token/self", token: token)).Text)!;

    private static async Task ParkedAsync(BlockingReader reader, int count)
    {
        while (reader.Parked < count)
        {
            await Task.Yield();
        }
    }

    private static async Task<string> NodesAsync(InProcessAgent agent, string path)
    {
        var answer = await agent.SendAsync("GET", path.Replace("web&cached", "web?cached", StringComparison.Ordinal));
        return answer.Status == 200 ? Nodes(answer.Text) : $"{answer.Status} {answer.Text}";
    }

    private static string Nodes(string body) => string.Join(',', JsonNode.Parse(body)!.AsArray().Select(entry => entry!["Node"]!["Node"]));

    private static async Task<string> ChecksAsync(InProcessAgent agent, string path) => Checks((await agent.SendAsync("GET", path)).Text);

    private static string Checks(string body) =>
        string.Join(',', JsonNode.Parse(body)!.AsArray().Select(check => $"{check!["Node"]}/{check["CheckID"]}"));
}
