using System.Text;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.Discovery;

/// <summary>What the catalog answers, as cache kinds over a socket (services CAT-17, agent-cache CACHE-41, CACHE-42).</summary>
public sealed class DiscoveryKindsTests : IAsyncLifetime
{
    private const string Token = "a token";
    private const string Instances = """[{"Node":"n1","ServiceName":"web","X":1},{"Node":"n2","ServiceName":"web"}]""";
    private const string Found = """{"Service":"web","Nodes":[{"Node":{"Node":"n1"},"Service":{"Service":"web"},"Checks":null},{"Node":{"Node":"n2"},"Service":{"Service":"web"},"Checks":[]}],"DNS":{"TTL":""}}""";
    private readonly ScriptedConsulServer _server = ScriptedConsulServer.Start();
    private readonly Dictionary<string, string> _answers = new(StringComparer.Ordinal);
    private readonly TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ServiceProvider _agent = null!;

    public Task InitializeAsync()
    {
        _agent = Agent(folder: null);
        _server.Script(async request =>
        {
            if (!_answers.TryGetValue(request.Path, out var json))
            {
                return null;
            }

            if (request.Holds)
            {
                await _changed.Task;
                return request.First("index") == "7" ? ScriptedAnswer.Ok(_answers[request.Path], 8) : await new TaskCompletionSource<ScriptedAnswer?>().Task;
            }

            return json == "404" ? ScriptedAnswer.Text(404, "Query not found") : ScriptedAnswer.Ok(json, request.Path.EndsWith("datacenters", StringComparison.Ordinal) ? null : 7);
        });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _agent.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Fact] // CAT-12, CAT-13, CAT-17
    public async Task Instances_are_kept_fresh_and_filtered_by_what_the_token_may_see()
    {
        _answers["/v1/catalog/service/web"] = Instances;
        Grant("n1", "n2");
        var query = new InstancesQuery(connect: false, "Web", ["b", "a"], ["k:1"], "f", withoutHealth: true);
        Text((await ReadAsync<InstancesKind, InstancesQuery>(query)).Value).Should().Be(Instances);
        _server.Requests.First(request => request.Path == "/v1/catalog/service/web").Target.Should().Be(
            "/v1/catalog/service/web?tag=a&tag=b&node-meta=k%3A1&filter=f&stale=&dc=dc1");
        var hit = await ReadAsync<InstancesKind, InstancesQuery>(query);
        hit.Hit.Should().BeTrue();
        Grant("n2");
        var some = (await ReadAsync<InstancesKind, InstancesQuery>(query)).Value;
        (Text(some), some.IsFiltered).Should().Be(("""[{"Node":"n2","ServiceName":"web"}]""", true));
        _answers["/v1/catalog/service/web"] = """[{"Node":"n2","ServiceName":"web"}]""";
        Grant("n1", "n2");
        var blocked = ReadAsync<InstancesKind, InstancesQuery>(query, new CacheRead(new BlockingQuery(7)));
        _changed.SetResult();
        ((await blocked.WaitAsync(AgentFixture.Patience)).Index, Text((await blocked).Value)).Should().Be((8, """[{"Node":"n2","ServiceName":"web"}]"""));
    }

    [Fact] // CAT-11, acl ACL-PERM-25
    public async Task Of_the_names_of_services_each_sees_its_own()
    {
        _answers["/v1/catalog/services"] = """{"consul":[],"web":["a","b"]}""";
        _server.Content.SetRights(Token, new GrantedRights(Service("web")));
        var value = (await ReadAsync<ServicesKind, ServicesQuery>(new ServicesQuery([], string.Empty))).Value;
        (Text(value), value.IsFiltered).Should().Be(("""{"web":["a","b"]}""", true));
        _server.Content.SetRights(Token, new GrantedRights(Service("web"), Service("consul")));
        Text((await ReadAsync<ServicesKind, ServicesQuery>(new ServicesQuery([], string.Empty))).Value).Should().Be("""{"consul":[],"web":["a","b"]}""");
    }

    [Fact] // CAT-9, CACHE-42: neither the token nor an index counts
    public async Task Datacenters_are_read_anew_only_when_a_reader_says_so()
    {
        _answers["/v1/catalog/datacenters"] = """["dc1"]""";
        (await DatacentersAsync(default)).Should().Be(("""["dc1"]""", false));
        _answers["/v1/catalog/datacenters"] = """["dc1","dc2"]""";
        (await DatacentersAsync(default)).Should().Be(("""["dc1"]""", true));
        (await DatacentersAsync(new CacheRead(MaxAge: TimeSpan.FromHours(1)))).Should().Be(("""["dc1"]""", true));
        (await DatacentersAsync(new CacheRead(MustRevalidate: true))).Should().Be(("""["dc1","dc2"]""", false));
        _server.Requests.Count(request => request.Path == "/v1/catalog/datacenters").Should().Be(2, "nothing is asked in the background");

        async Task<(string Text, bool Hit)> DatacentersAsync(CacheRead read)
        {
            var answer = await _agent.GetRequiredService<DiscoveryCache>().GetAsync(
                _agent.GetRequiredService<DatacentersKind>(), new DiscoveryRequest<DatacentersQuery>("dc1", string.Empty, new DatacentersQuery()), read, CancellationToken.None);
            return (Text(answer.Value), answer.Hit);
        }
    }

    [Fact] // DCH-1
    public async Task A_chain_needs_the_right_to_its_name_on_each_read()
    {
        const string chain = """{"Chain":{"ServiceName":"web","X":[1.0]}}""";
        _answers["/v1/discovery-chain/web"] = chain;
        _server.Content.SetRights(Token, new GrantedRights(Service("web")));
        Text((await ReadAsync<ChainKind, ChainQuery>(new ChainQuery("web", "dc2", string.Empty))).Value).Should().Be(chain);
        _server.Requests.First(request => request.Path == "/v1/discovery-chain/web").Should().Match<ScriptedRequest>(
            asked => asked.Method == "GET" && asked.Target == "/v1/discovery-chain/web?compile-dc=dc2&stale=&dc=dc1");
        (await ReadAsync<ChainKind, ChainQuery>(new ChainQuery("web", "dc2", "{}"))).Hit.Should().BeFalse("what is laid over it is another query");
        _server.Requests.Last(request => request.Path == "/v1/discovery-chain/web" && !request.Holds).Should().Match<ScriptedRequest>(
            asked => asked.Method == "POST" && asked.Body == "{}");
        _server.Content.SetRights(Token, new GrantedRights(Service("db")));
        (await FailureAsync(ReadAsync<ChainKind, ChainQuery>(new ChainQuery("web", "dc2", string.Empty)))).Should().Be((FailureKind.PermissionDenied, "Permission denied"));
    }

    [Fact] // PQ-4, PQ-7, PQ-9: what a query finds under a token of its own is not taken back; what the caller's right showed is
    public async Task A_prepared_query_shows_what_it_found_less_what_the_token_has_lost_since()
    {
        _answers["/v1/query/q/execute"] = Found;
        Grant("n1");
        Text((await ReadAsync<ExecuteKind, ExecuteQuery>(new ExecuteQuery("q", 3, connect: true))).Value).Should().Be(Found);
        _server.Requests.Last(request => request.Path == "/v1/query/q/execute").First("limit").Should().Be("3");
        _server.Content.SetRights(Token, new GrantedRights(Service("web")));
        var left = (await ReadAsync<ExecuteKind, ExecuteQuery>(new ExecuteQuery("q", 3, connect: true))).Value;
        left.Items.Should().ContainSingle();
        Text(left).Should().StartWith("""{"Service":"web","Nodes":[{"Node":{"Node":"n2"}""").And.EndWith(""","Checks":[]}],"DNS":{"TTL":""}}""");
    }

    [Fact] // CACHE-41, PQ-3
    public async Task A_query_that_is_gone_is_not_found_unless_an_old_answer_will_do()
    {
        _answers["/v1/query/q/execute"] = Found;
        Grant("n1", "n2");
        var query = new ExecuteQuery("q", 0, connect: false);
        await ReadAsync<ExecuteKind, ExecuteQuery>(query);
        _answers["/v1/query/q/execute"] = "404";
        var forced = new CacheRead(MustRevalidate: true);
        (await FailureAsync(ReadAsync<ExecuteKind, ExecuteQuery>(query, forced))).Should().Be((FailureKind.NotFound, "Query not found"));
        var old = await ReadAsync<ExecuteKind, ExecuteQuery>(query, forced with { StaleIfError = TimeSpan.FromHours(1) });
        (old.Hit, Text(old.Value)).Should().Be((true, Found));
        (await ReadAsync<ExecuteKind, ExecuteQuery>(query)).Hit.Should().BeTrue("it stays until a reader asks for another");
    }

    [Fact] // docs/design/0004: with what needs no right, so that a restart neither hides nor grants anything
    public async Task Each_kind_is_sealed_and_comes_back()
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-discovery-").FullName;
        try
        {
            _answers["/v1/query/q/execute"] = Found;
            _answers["/v1/catalog/services"] = """{"web":[]}""";
            _answers["/v1/catalog/service/web"] = Instances;
            _answers["/v1/catalog/datacenters"] = """["dc1","dc2"]""";
            _answers["/v1/discovery-chain/web"] = """{"Chain":{"ServiceName":"web"}}""";
            Grant("n1");
            var instances = new InstancesQuery(connect: false, "web", ["a"], ["k:v"], "f", withoutHealth: true);
            var chain = new ChainQuery("web", "dc2", """{"OverrideProtocol":"grpc"}""");
            await using (var before = Agent(folder))
            {
                before.GetRequiredService<SealedCache>();
                await ReadAsync<ExecuteKind, ExecuteQuery>(new ExecuteQuery("q", 0, connect: false), agent: before);
                await ReadAsync<ServicesKind, ServicesQuery>(new ServicesQuery(["k:v"], string.Empty), agent: before);
                await ReadAsync<InstancesKind, InstancesQuery>(instances, agent: before);
                await ReadAsync<DatacentersKind, DatacentersQuery>(new DatacentersQuery(), agent: before);
                await ReadAsync<ChainKind, ChainQuery>(chain, agent: before);
                await before.GetRequiredService<SealedStore>().FlushAsync(CancellationToken.None);
            }

            await using var after = Agent(folder);
            after.GetRequiredService<SealedCache>().Restore().Should().Be(5);
            var found = await ReadAsync<ExecuteKind, ExecuteQuery>(new ExecuteQuery("q", 0, connect: false), agent: after);
            (found.Hit, Text(found.Value)).Should().Be((true, Found));
            found.Value.Needs.Should().BeEquivalentTo([Node("n1"), Service("web")]);
            (await ReadAsync<ServicesKind, ServicesQuery>(new ServicesQuery(["k:v"], string.Empty), agent: after)).Hit.Should().BeTrue();
            (await ReadAsync<DatacentersKind, DatacentersQuery>(new DatacentersQuery(), agent: after)).Hit.Should().BeTrue();
            (await ReadAsync<ChainKind, ChainQuery>(chain, agent: after)).Hit.Should().BeTrue();
            var listed = await ReadAsync<InstancesKind, InstancesQuery>(instances, agent: after);
            (listed.Hit, listed.Value.IsFiltered, Text(listed.Value)).Should().Be((true, true, """[{"Node":"n1","ServiceName":"web","X":1}]"""));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static string Text(DiscoveryList value) => Encoding.UTF8.GetString(value.Json.Span);

    private static AccessRequest Node(string name) => new(AclResource.Node, name, AclAccess.Read);

    private static AccessRequest Service(string name) => new(AclResource.Service, name, AclAccess.Read);

    private static async Task<(FailureKind Kind, string Message)> FailureAsync(Task read)
    {
        var failure = (await read.Invoking(async task => await task).Should().ThrowAsync<ServerException>()).Which;
        return (failure.Kind, failure.Message);
    }

    private void Grant(params string[] nodes) => _server.Content.SetRights(Token, new GrantedRights([.. nodes.Select(Node), Service("web")]));

    private Task<CacheAnswer<DiscoveryList>> ReadAsync<TKind, TQuery>(TQuery query, CacheRead read = default, ServiceProvider? agent = null)
        where TKind : DiscoveryKind<TQuery>
        where TQuery : DiscoveryQuery
    {
        var services = agent ?? _agent;
        return services.GetRequiredService<DiscoveryCache>().GetAsync(
            services.GetRequiredService<TKind>(), new DiscoveryRequest<TQuery>("dc1", Token, query), read, CancellationToken.None);
    }

    private ServiceProvider Agent(string? folder)
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddConsulServers(new ConsulServerOptions { Servers = [_server.Address] });
        services.AddSingleton<IServerClient>(provider => new RightsAtHand(ActivatorUtilities.CreateInstance<ConsulServerClient>(provider), _server.Content));
        services.AddConnectAgent(folder);
        return services.BuildServiceProvider();
    }

    /// <summary>Reads over the socket; what a token may do is as the test says, at once.</summary>
    private sealed class RightsAtHand(IServerClient reads, IServerClient rights) : IServerClient
    {
        public Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
            IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
            where TValue : class => reads.ReadAsync(kind, request, query, cancellationToken);

        public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken) => rights.ResolveTokenAsync(token, cancellationToken);

        public bool Knows(string token) => rights.Knows(token);

        public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => rights.RightsChangedAsync(cancellationToken);

        public Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<SignedLeaf> SignLeafAsync(
            ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
