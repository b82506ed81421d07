using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>The health of upstreams, answered by a published agent in front of a server on a real socket (services CAT-17, HLT-1 to HLT-8).</summary>
public sealed class UpstreamHealthTests : IAsyncLifetime, IDisposable
{
    private const string Connect = "/v1/health/connect/db?cached";
    private const string Service = "/v1/health/service/db?cached";
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start(setsNodeApart: true);
    private readonly TemporaryFolder _folder = new();
    private AgentProcess _agent = null!;

    public async Task InitializeAsync() => _agent = await StartAsync();

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    public void Dispose() => _folder.Dispose();

    [Fact] // CAT-17, HLT-5, HLT-7, CACHE-29
    public async Task The_agent_answers_from_its_cache_blocks_there_and_goes_on_alone()
    {
        // Given
        var instance = HealthInstances.Of("n1", "db-proxy");
        _server.Content.SetHealth("db", connect: true, instance);

        // When
        var miss = await _agent.GetAsync(Connect);
        var hit = await _agent.GetAsync(Connect);
        var blocked = _agent.GetAsync(Connect + $"&index={hit.Index}&wait=60s");
        await _agent.WaitedOnAsync("health-services");

        // Then
        (miss.Status, miss.Header("X-Cache"), miss.Header("Age")).Should().Be((200, "MISS", string.Empty));
        (hit.Header("X-Cache"), hit.Header("Age"), hit.Body).Should().Be(("HIT", "0", miss.Body));
        (hit.Header("X-Consul-Query-Backend"), hit.Header("X-Consul-Knownleader"), hit.Header("X-Consul-Effective-Consistency"))
            .Should().Be(("blocking-query", "true", "leader"));
        JsonNode.DeepEquals(hit.List, new JsonArray(JsonNode.Parse(instance))).Should().BeTrue(hit.Body);
        JsonNode.DeepEquals((await _agent.GetAsync(Connect + "&pretty")).List, hit.List).Should().BeTrue();
        _server.Content.SetHealth("db", connect: true, HealthInstances.Of("n1", "db-proxy", "critical"));
        (await blocked).List.Single()!["Checks"]![1]!["Status"]!.ToString().Should().Be("critical");
        _server.Requests.Count(request => request.IsHealth && !request.Holds).Should().Be(1);

        // When
        _server.Refuse();

        // Then
        var alone = await _agent.GetAsync(Connect);
        (alone.Status, alone.Header("X-Cache"), alone.List.Count).Should().Be((200, "HIT", 1));
        (await _agent.GetAsync("/v1/health/connect/db")).Status.Should().Be(500);
        (await _agent.GetAsync(Service)).Status.Should().Be(500);
    }

    [Fact] // HLT-3
    public async Task Passing_is_asked_of_what_is_cached()
    {
        _server.Content.SetHealth(
            "db", connect: false, HealthInstances.Of("n1", "db"), HealthInstances.Of("n2", "db", "warning"), HealthInstances.Of("n3", "db"));
        (await NodesAsync(Service)).Should().Be("n1,n2,n3");
        (await NodesAsync(Service + "&passing")).Should().Be("n1,n3");
        (await NodesAsync(Service + "&passing=T")).Should().Be("n1,n3");
        (await NodesAsync(Service + "&passing=0")).Should().Be("n1,n2,n3");
        var bad = await _agent.GetAsync(Service + "&passing=maybe");
        (bad.Status, bad.Body, bad.Header("X-Cache")).Should().Be((400, "Invalid value for ?passing", "HIT"));
        bad.Index.Should().BePositive();
        var index = (await _agent.GetAsync(Service)).Index;
        (await _agent.GetAsync(Service + $"&passing&index={index}&wait=10ms")).Index.Should().Be(index, "it never changes the index");
        _server.Requests.Count(request => request.IsHealth && !request.Holds).Should().Be(1);
    }

    [Fact] // CACHE-42, CACHE-43
    public async Task What_the_agent_cannot_answer_goes_to_the_servers_as_it_is()
    {
        string[] targets =
        [
            "/v1/health/connect/db?index=7", "/v1/health/service/db?cached&near=_agent", "/v1/health/service/db?cached=&merge-central-config",
            "/v1/catalog/services?cached&near=n1", "/v1/health/service/db",
        ];
        _server.Script(_ => ScriptedAnswer.Ok("[]", 8));
        foreach (var target in targets)
        {
            (await _agent.GetAsync(target)).Headers.Should().NotContainKey("X-Cache");
        }

        _server.Requests.Select(request => request.Target).Should().BeEquivalentTo(
        [
            "/v1/health/connect/db?index=7&dc=dc1", "/v1/health/service/db?cached=&near=_agent&dc=dc1",
            "/v1/health/service/db?cached=&merge-central-config=&dc=dc1", "/v1/catalog/services?cached=&near=n1&dc=dc1", "/v1/health/service/db?dc=dc1",
        ]);
        await using var uncached = await AgentProcess.StartClientAsync(
            [_server.Address], new JsonObject { ["http_config"] = new JsonObject { ["use_cache"] = false } });
        (await uncached.GetAsync(Service)).Headers.Should().NotContainKey("X-Cache");
    }

    [Theory] // the errors of the shared options come first (HTTP-2), then the name
    [InlineData("/v1/health/service/?cached", 400, "Missing service name")]
    [InlineData("/v1/health/connect/?cached", 400, "Missing service name")]
    [InlineData("/v1/health/connect/?cached&index=x", 400, "Invalid index")]
    [InlineData("/v1/health/connect/db?cached&consistent", 400, "Cannot specify ?cached with ?consistent, conflicting semantics.")]
    [InlineData("/v1/health/connect/db?cached&ns=a", 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature")]
    [InlineData("/v1/health/connect/db?cached&dc=dc9", 500, "No path to datacenter")]
    public async Task What_is_wrong_is_said_in_the_references_words(string target, int status, string text)
    {
        var answer = await _agent.GetAsync(target);
        (answer.Status, answer.Body).Should().Be((status, text));
    }

    [Fact] // HLT-8, TOKC-2, ACL-FILT-2
    public async Task With_ACLs_each_sees_what_he_may_see_now()
    {
        // Given
        _server.Content.SetHealth("db", connect: true, HealthInstances.Of("n1", "db-proxy"), HealthInstances.Of("n2", "db-proxy"));
        Grant("n1", "n2");
        await using var agent = await StartAclAsync();

        // When
        var all = await AskAsync(agent);
        var hit = await AskAsync(agent);

        // Then
        (all.Header("X-Cache"), Nodes(all), all.Header("X-Consul-Results-Filtered-By-Acls")).Should().Be(("MISS", "n1,n2", string.Empty));
        (hit.Header("X-Cache"), Nodes(hit)).Should().Be(("HIT", "n1,n2"));
        _server.Requests.Where(request => request.Path == "/v1/internal/acl/authorize" && request.Token.Length > 0).Should().NotBeEmpty()
            .And.OnlyContain(request => JsonNode.Parse(request.Body)!.AsArray().Count == 4, "all that a list needs is asked in one call");
        (await _agent.GetAsync(Connect)).Status.Should().Be(403, "without a token nobody is known to this server");

        // When: within the token's life at the agent
        Grant("n2");

        // Then
        ClientAnswer some = null!;
        await ClientAgent.UntilAsync(async () => Nodes(some = await AskAsync(agent)) == "n2");
        some.Header("X-Consul-Results-Filtered-By-Acls").Should().Be("true");

        // When
        _server.Content.SetRights("s3cret", null);

        // Then
        await ClientAgent.UntilAsync(async () => (some = await AskAsync(agent)).Status != 200);
        (some.Status, some.Body).Should().Be((403, "ACL not found"));
    }

    [Fact] // docs/design/0004, ACL-RES-4: the rights come back with what they were for
    public async Task After_a_restart_without_servers_the_upstreams_are_there()
    {
        // Given
        _server.Content.SetHealth("db", connect: true, HealthInstances.Of("n1", "db-proxy"));
        Grant("n1");
        string before;
        await using (var agent = await StartAclAsync())
        {
            before = (await AskAsync(agent)).Body;

            // The file is written behind the readers' back.
            await ClientAgent.UntilAsync(() => Task.FromResult(new FileInfo(Path.Combine(_folder.Path, "agent-cache.sealed")) is { Exists: true, Length: > 0 }));
            await agent.Process.SignalAsync("KILL");
            await agent.Process.ExitAsync(TimeSpan.FromSeconds(60));
        }

        // When
        _server.Refuse();
        await using var restarted = await StartAclAsync();

        // Then
        var alone = await AskAsync(restarted);
        (alone.Status, alone.Header("X-Cache"), alone.Body).Should().Be((200, "HIT", before));
        alone.Header("X-Consul-Knownleader").Should().Be("false");
    }

    private static string Nodes(ClientAnswer answer) =>
        answer.Status == 200 ? string.Join(',', answer.List.Select(entry => entry!["Node"]!["Node"])) : answer.Body;

    private static async Task<ClientAnswer> AskAsync(AgentProcess agent)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Connect);
        request.Headers.Add("X-Consul-Token", "s3cret");
        using var answer = await agent.Http.SendAsync(request);
        return await ClientAnswer.OfAsync(answer);
    }

    private async Task<string> NodesAsync(string path) => Nodes(await _agent.GetAsync(path));

    private void Grant(params string[] nodes) => _server.Content.SetRights("s3cret", new GrantedRights(
    [
        .. nodes.Select(node => new AccessRequest(AclResource.Node, node, AclAccess.Read)),
        new AccessRequest(AclResource.Service, "db", AclAccess.Read),
        new AccessRequest(AclResource.Service, "db-proxy", AclAccess.Read),
    ]));

    private Task<AgentProcess> StartAsync() => AgentProcess.StartClientAsync([_server.Address]);

    private Task<AgentProcess> StartAclAsync() => AgentProcess.StartClientAsync([_server.Address], new JsonObject
    {
        ["data_dir"] = _folder.Path,
        ["acl"] = new JsonObject { ["enabled"] = true, ["default_policy"] = "deny", ["token_ttl"] = "1s" },
    });
}
