using System.Text;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.Tests.ControlPlane.Catalog;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.PreparedQueries;

/// <summary>services PQ-5, PQ-6, PQ-8.</summary>
public sealed class QueryExecutionTests : IDisposable
{
    private readonly CatalogFixture _catalog = new();
    private readonly PreparedQueryMetrics _metrics;

    public QueryExecutionTests() => _metrics = new PreparedQueryMetrics(_catalog.Meters, _catalog.State);

    public void Dispose() => _catalog.Dispose();

    [Fact] // PQ-8: IDs, then names, then templates by the longest beginning; without regard to letter case
    public async Task A_query_is_found_by_id_by_name_or_by_the_longest_template()
    {
        var store = Store();
        var id = await store.CreateAsync(Query("geo-db"), TokenRights.Everything);
        await store.CreateAsync(Template("geo-", "of-geo"), TokenRights.Everything);
        await store.CreateAsync(Template("geo-x", "of-geo-x"), TokenRights.Everything);
        Found(id).Should().Be("web");
        Found(id.ToUpperInvariant()).Should().Be("web");
        Found("GEO-DB").Should().Be("web");
        Found("geo-dB2").Should().Be("of-geo");
        Found("Geo-X").Should().Be("of-geo-x");
        Found("geo").Should().BeNull();
        await store.CreateAsync(Template(string.Empty, "of-all"), TokenRights.Everything);
        Found("geo").Should().Be("of-all");
        Found(string.Empty).Should().Be("of-all");
    }

    [Fact] // PQ-5: what is said of a proxy's checks and tags is the proxy's
    public async Task Connect_finds_proxies_by_what_they_are_themselves()
    {
        await _catalog.PutAsync("n1", CatalogFixture.Service("web", "web", "v1"), CatalogFixture.Check("c", "web", CheckStatus.Critical));
        await _catalog.PutAsync("n1", CatalogFixture.ProxyOf("web-proxy", "web"));
        var store = Store();
        await store.CreateAsync(Query("plain"), TokenRights.Everything);
        await store.CreateAsync(Query("mesh") with { Service = new QueriedService { Service = "web", Connect = true } }, TokenRights.Everything);
        await store.CreateAsync(Query("tagged") with { Service = new QueriedService { Service = "web", Connect = true, Tags = ["v1"] } }, TokenRights.Everything);
        (await IdsAsync("plain")).Should().BeEmpty();
        (await IdsAsync("mesh")).Should().Equal("web-proxy");
        (await IdsAsync("tagged")).Should().BeEmpty();
        (await IdsAsync("plain", new QueryOptions(string.Empty, Connect: true))).Should().Equal("web-proxy");
    }

    [Fact]
    public async Task Near_and_limit_are_the_callers_before_the_querys()
    {
        for (var i = 0; i < 5; i++)
        {
            await _catalog.PutAsync($"n{i}", CatalogFixture.Service("web", "web"));
        }

        await Store().CreateAsync(Query("q") with { Service = new QueriedService { Service = "web", Near = "n3" } }, TokenRights.Everything);
        (await ExecuteAsync("q", new QueryOptions(string.Empty, Limit: 1))).Nodes.Single().Node.Name.Should().Be("n3");
        (await ExecuteAsync("q", new QueryOptions(string.Empty, Limit: 1, Near: "n1"))).Nodes.Single().Node.Name.Should().Be("n1");
        (await ExecuteAsync("q", new QueryOptions(string.Empty))).Nodes.Should().HaveCount(5);
    }

    [Theory] // PQ-6
    [InlineData(0, "", "", "dc1", 0)]
    [InlineData(2, "", "dc2 dc3", "dc3", 2)]
    [InlineData(1, "dc4 nope dc2", "dc2 dc4", "dc4", 2)]
    [InlineData(9, "dc4", "dc2 dc3 dc4", "dc4", 3)]
    public async Task Nothing_here_is_asked_elsewhere_each_once_and_what_is_unknown_not_at_all(int nearest, string listed, string asked, string answered, int failovers)
    {
        var others = new Others("dc2", "dc3", "dc4") { Fails = "dc2" };
        await Store().CreateAsync(
            Query("q") with
            {
                Service = new QueriedService { Service = "web", NearestN = nearest, Datacenters = listed.Split(' ', StringSplitOptions.RemoveEmptyEntries) },
            },
            TokenRights.Everything);
        var result = await ExecuteAsync("q", new QueryOptions("token", 7, Connect: true), others);
        string.Join(' ', others.Asked).Should().Be(asked);
        (result.Datacenter, result.Failovers, result.Nodes.Count).Should().Be((answered, failovers, 0));
        others.Options.Should().AllBeEquivalentTo(new QueryOptions("token", 7, Connect: true));
    }

    [Fact] // PQ-6
    public async Task The_first_that_has_something_answers()
    {
        var others = new Others("dc2", "dc3", "dc4") { Has = "dc3" };
        await Store().CreateAsync(Query("q") with { Service = new QueriedService { Service = "web", NearestN = 3 } }, TokenRights.Everything);
        var result = await ExecuteAsync("q", new QueryOptions(string.Empty), others);
        (result.Datacenter, result.Failovers, result.Nodes.Count).Should().Be(("dc3", 2, 1));
        await _catalog.PutAsync("n1", CatalogFixture.Service("web", "web"));
        others.Asked.Clear();
        (await ExecuteAsync("q", new QueryOptions(string.Empty), others)).Datacenter.Should().Be("dc1");
        others.Asked.Should().BeEmpty();
    }

    [Fact] // docs/telemetry.md
    public async Task Executions_are_counted_by_what_they_found()
    {
        var others = new Others("dc2", "dc3") { Has = "dc2" };
        await Store().CreateAsync(Query("q") with { Service = new QueriedService { Service = "web", Datacenters = ["dc2"] } }, TokenRights.Everything);
        await Store().CreateAsync(Query("nothing") with { Service = new QueriedService { Service = "web", Datacenters = ["dc3"] } }, TokenRights.Everything);
        await ExecuteAsync("q", new QueryOptions(string.Empty), others);
        await ExecuteAsync("nothing", new QueryOptions(string.Empty), others);
        await _catalog.PutAsync("n1", CatalogFixture.Service("web", "web"));
        await ExecuteAsync("q", new QueryOptions(string.Empty), others);
        await ExecuteAsync("q", new QueryOptions(string.Empty), others);
        (await ExecuteAsync("unknown", new QueryOptions(string.Empty), others)).Should().BeNull("it is no query");
        _catalog.Read(PreparedQueryMetrics.MeterName, "connect_agent.prepared_queries.").Should().BeEquivalentTo(
            new Dictionary<string, long> { ["stored"] = 2, ["executions here"] = 2, ["executions elsewhere"] = 1, ["executions nothing"] = 1 });
    }

    [Fact]
    public async Task There_are_only_so_many_queries()
    {
        await _catalog.State.WriteAsync(writer =>
        {
            for (var i = 0; i < 10_000; i++)
            {
                writer.Put(PreparedQueryTables.Queries, Query($"q{i}") with { Id = Guid.NewGuid().ToString() });
            }

            return true;
        });
        var create = () => Store().CreateAsync(Query("one more"), TokenRights.Everything);
        (await create.Should().ThrowAsync<ServerException>()).Which.Limit.Should().Be("prepared_queries.entries");
        var known = _catalog.State.Current.Rows(PreparedQueryTables.Queries).Values.First();
        await Store().UpdateAsync(known with { DnsTtl = "1s" }, TokenRights.Everything);
    }

    [Fact] // PQ-2: what was not given is still told from what was given empty
    public async Task Queries_outlive_a_restart_as_they_were_written()
    {
        var written = Query("q") with { Service = new QueriedService { Service = "web", Tags = [], NodeMeta = new Dictionary<string, string>(StringComparer.Ordinal) } };
        await Store().CreateAsync(written, TokenRights.Everything);
        var table = PreparedQueryTables.Queries;
        var stored = _catalog.State.Current.Rows(table).Values.Single();
        var reader = table.Read(newest: stored.ModifyIndex);
        reader.Add(table.KeyOf(stored), table.Encode(stored));
        var read = StateTable<PreparedQuery>.RowsOf(reader.End(1)).Values.Single();
        read.Should().BeEquivalentTo(stored);
        (read.Service.Tags, read.Service.IgnoreCheckIds, read.Service.NodeMeta, read.Service.ServiceMeta).Should().BeEquivalentTo(
            (stored.Service.Tags, (IReadOnlyList<string>?)null, stored.Service.NodeMeta, (IReadOnlyDictionary<string, string>?)null));
        Encoding.UTF8.GetString(table.Encode(stored)).Should().NotContain("AccessName").And.NotContain("IsTemplate");
    }

    private PreparedQueryStore Store() => new(_catalog.State, _catalog.Reader);

    private string? Found(string name) => PreparedQueryStore.Resolve(_catalog.State.Current, name)?.Service.Service;

    private async Task<IEnumerable<string>> IdsAsync(string name, QueryOptions? options = null) =>
        (await ExecuteAsync(name, options ?? new QueryOptions(string.Empty))).Nodes.Select(node => node.Service.Id);

    private async Task<QueryResult> ExecuteAsync(string name, QueryOptions options, IOtherDatacenters? others = null)
    {
        var tokens = new TokenResolver(_catalog.State, new AclOptions(), new RecoveryToken(string.Empty), TimeProvider.System);
        var execution = new QueryExecution(
            _catalog.State,
            tokens,
            others ?? new NoOtherDatacenters(),
            new CatalogOptions("dc1"),
            _metrics,
            new Random(1),
            NullLogger<QueryExecution>.Instance);
        return (await execution.ExecuteAsync(name, options, CancellationToken.None))!;
    }

    private static PreparedQuery Query(string name) => new() { Name = name, Service = new QueriedService { Service = "web" } };

    private static PreparedQuery Template(string name, string service) =>
        Query(name) with { Template = new(QueryTemplate.NamePrefix, string.Empty, false), Service = new QueriedService { Service = service } };

    private sealed class Others(params string[] nearest) : IOtherDatacenters
    {
        public string Fails { get; init; } = string.Empty;

        public string Has { get; init; } = string.Empty;

        public List<string> Asked { get; } = [];

        public List<QueryOptions> Options { get; } = [];

        public IReadOnlyList<string> Nearest => nearest;

        public Task<QueryResult> ExecuteAsync(string datacenter, PreparedQuery query, QueryOptions options, CancellationToken cancellationToken)
        {
            Asked.Add(datacenter);
            Options.Add(options);
            return datacenter == Fails
                ? Task.FromException<QueryResult>(new ServerException(FailureKind.Unreachable, "gone"))
                : Task.FromResult(new QueryResult(
                    "web",
                    datacenter == Has ? [new InstanceHealth(new CatalogNode { Name = "far" }, CatalogFixture.Service("web", "web"), [])] : [],
                    string.Empty,
                    datacenter,
                    Failovers: 0,
                    IsFiltered: false));
        }
    }
}
