using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.ControlPlane.Catalog.CatalogFixture;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>What is registered, and what becomes of it (services CAT-2 to CAT-8).</summary>
public sealed class CatalogStoreTests : IDisposable
{
    private const string Id = "11111111-2222-3333-4444-555555555555";

    private readonly CatalogFixture _catalog = new();

    public void Dispose() => _catalog.Dispose();

    public static TheoryData<CatalogRegistration, string> Mistakes => new()
    {
        { new CatalogRegistration(Node(string.Empty)), "Must provide node" },
        { new CatalogRegistration(Node("n", "zz")), "Bad node ID: uuid string is wrong length" },
        { new CatalogRegistration(Node("n", Id.Replace('-', 'x'))), "Bad node ID: uuid is improperly formatted" },
        { new CatalogRegistration(Node("n", address: string.Empty)), "Must provide address if SkipNodeUpdate is not set" },
        { new CatalogRegistration(Node("n\u0001")), "Invalid node name: it has a control character" },
        { new CatalogRegistration(Node("n")) { Service = Service("x", string.Empty) }, "Must provide service name with ID" },
        { new CatalogRegistration(Node("n")) { Service = Service("x", "x") with { Address = "0.0.0.0" } }, "Invalid service address" },
        { new CatalogRegistration(Node("n")) { Service = Service("x", "x") with { Address = "::" } }, "Invalid service address" },
        { new CatalogRegistration(Node("n")) { Service = Service("x", "x") with { Address = "[::]" } }, "Invalid service address" },
        { new CatalogRegistration(Node("n")) { Checks = [Check("c", "nope")] }, "failed inserting check: Missing service registration on node \"n\"" },
        { new CatalogRegistration(Node("n")) { Checks = [Check("c") with { Node = "m" }] }, "check node \"m\" does not match node \"n\"" },
        { new CatalogRegistration(Node("n")) { Checks = [Check(string.Empty)] }, "Must provide check ID or name" },
    };

    [Theory] // CAT-2; all of it or nothing
    [MemberData(nameof(Mistakes))]
    public async Task A_mistake_is_refused_and_nothing_is_written(object registration, string text)
    {
        var before = _catalog.State.LastIndex;
        var error = (await FluentActions.Awaiting(() => _catalog.RegisterAsync((CatalogRegistration)registration)).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Message).Should().Be((FailureKind.Invalid, text));
        _catalog.State.Current.Rows(CatalogTables.Nodes).Should().BeEmpty();
        (await _catalog.Catalog.NodesAsync(default, CancellationToken.None)).Index.Should().Be(before);
    }

    [Fact] // CAT-3
    public async Task A_node_is_replaced_unless_it_is_to_be_left_alone()
    {
        var meta = new Dictionary<string, string> { ["k"] = "v" };
        await _catalog.RegisterAsync(new CatalogRegistration(Node("n", Id) with { Meta = meta, TaggedAddresses = meta }));
        await _catalog.RegisterAsync(new CatalogRegistration(Node("n", address: "10.9.9.9")) { SkipNodeUpdate = true });
        (await NodeAsync("N")).Should().BeEquivalentTo(new { Id, Address = "10.0.0.1", Datacenter = "dc1", Meta = meta, TaggedAddresses = meta });
        await _catalog.RegisterAsync(new CatalogRegistration(Node("N", Id)));
        (await NodeAsync("n")).Should().BeEquivalentTo(new { Name = "n", Id, Meta = (object?)null, TaggedAddresses = (object?)null });
    }

    [Fact] // CAT-4
    public async Task What_is_not_said_is_filled_in()
    {
        await _catalog.PutAsync("n", new NodeService { Id = string.Empty, Name = "web", Tags = ["a"], Weights = new ServiceWeights(0, 0) });
        await _catalog.PutAsync(
            "n", new HealthCheck { CheckId = string.Empty, Name = "c", Status = string.Empty, ServiceId = "web", Definition = new CheckDefinition { Tcp = "a:1" } });
        var found = (await _catalog.HealthAsync("WEB")).Value.Should().ContainSingle().Which;
        (found.Service.Id, found.Service.Weights).Should().Be(("web", new ServiceWeights(1, 1)));
        found.Checks.Should().ContainSingle().Which.Should().BeEquivalentTo(
            new { Node = "n", CheckId = "c", Status = "critical", ServiceName = "web", ServiceTags = new[] { "a" }, Type = "tcp" });
    }

    [Fact] // CAT-5
    public async Task What_is_there_already_moves_no_index()
    {
        var registration = new CatalogRegistration(Node("n", Id) with { Meta = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" } })
        {
            Service = ProxyOf("p", "web") with { Meta = new Dictionary<string, string> { ["b"] = "1", ["a"] = "2" } },
            Checks = [Check("c", "p"), Check("alive")],
        };
        await _catalog.RegisterAsync(registration);
        var last = _catalog.State.LastIndex;
        await _catalog.RegisterAsync(registration with
        {
            Node = registration.Node with { Meta = new Dictionary<string, string> { ["a"] = "2", ["b"] = "1" }, ModifyIndex = 99 },
        });
        _catalog.State.LastIndex.Should().Be(last);
        await _catalog.PutAsync("n", Check("c", "p", "warning"));
        _catalog.State.LastIndex.Should().Be(last + 1);
        (await _catalog.HealthAsync("web", connect: true)).Index.Should().Be(last + 1);
    }

    [Fact] // CAT-6
    public async Task A_node_that_is_alive_keeps_its_ID_and_another_one_gives_it_away()
    {
        await _catalog.RegisterAsync(new CatalogRegistration(Node("old", Id)) { Service = Service("web", "web"), Checks = [Check("serfHealth")] });
        var take = () => _catalog.RegisterAsync(new CatalogRegistration(Node("new", Id)));
        var error = (await take.Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Message).Should().Be((
            FailureKind.Invalid,
            $"failed inserting node: Error while renaming Node ID: \"{Id}\": Node name new is reserved by node {Id} with name old (10.0.0.1)"));
        await _catalog.PutAsync("old", Check("serfHealth", status: "critical"));
        await take();
        (await NodeAsync("old")).Should().BeNull();
        (await NodeAsync("new"))!.Id.Should().Be(Id);
        (await _catalog.InstancesAsync("web")).Value.Should().BeEmpty();
    }

    [Fact] // CAT-6: names are compared without case
    public async Task A_name_whose_node_is_alive_is_not_given_to_another_ID()
    {
        await _catalog.RegisterAsync(new CatalogRegistration(Node("n", Id)) { Checks = [Check("serfHealth")] });
        var other = Id.Replace('1', '9');
        await FluentActions.Awaiting(() => _catalog.RegisterAsync(new CatalogRegistration(Node("N", other)))).Should().ThrowAsync<ServerException>()
            .WithMessage($"*Node name N is reserved by node {Id} with name n (10.0.0.1)");
        await _catalog.DeregisterAsync("n", check: "serfHealth");
        await _catalog.RegisterAsync(new CatalogRegistration(Node("N", other)));
        (await NodeAsync("n"))!.Id.Should().Be(other);
    }

    [Fact] // CAT-8
    public async Task A_service_goes_with_its_checks_and_a_node_with_everything()
    {
        await _catalog.PutAsync("n", Service("web", "web"), Check("c1", "web"), Check("c2", "web"), Check("alive"));
        await _catalog.PutAsync("n", Service("db", "db"), Check("c3", "db"));
        await _catalog.DeregisterAsync("N", "web", "c3");
        Checks("n").Should().Equal("alive", "c3");
        await _catalog.DeregisterAsync("n", check: "c3");
        Checks("n").Should().Equal("alive");
        await _catalog.DeregisterAsync("n");
        _catalog.State.Current.Rows(CatalogTables.Checks).Should().BeEmpty();
        _catalog.State.Current.Rows(CatalogTables.Services).Should().BeEmpty();
        _catalog.State.Current.Rows(CatalogTables.Nodes).Should().BeEmpty();
        var last = _catalog.State.LastIndex;
        await _catalog.DeregisterAsync("n");
        await _catalog.DeregisterAsync("n", "web");
        await _catalog.DeregisterAsync("n", check: "c");
        _catalog.State.LastIndex.Should().Be(last);
        await FluentActions.Awaiting(() => _catalog.DeregisterAsync(string.Empty)).Should().ThrowAsync<ServerException>().WithMessage("Must provide node");
    }

    [Fact] // docs/limits.md
    public async Task One_service_has_so_many_checks_and_no_more()
    {
        await _catalog.PutAsync("n", Service("web", "web"), [.. Enumerable.Range(0, 1024).Select(n => Check($"c{n}", "web"))]);
        var error = (await FluentActions.Awaiting(() => _catalog.PutAsync("n", Check("another", "web"))).Should().ThrowAsync<ServerException>()).Which;
        (error.Kind, error.Limit).Should().Be((FailureKind.Invalid, "catalog.checks_of_service"));
        error.Message.Should().Be("the service's list of checks has 1025 entries, more than the 1024 that are taken");
        await _catalog.PutAsync("n", Check("c0", "web", "critical"), Check("of the node"));
        await _catalog.DeregisterAsync("n", check: "c0");
        await _catalog.PutAsync("n", Check("another", "web"));
    }

    private async Task<CatalogNode?> NodeAsync(string name) => (await _catalog.Catalog.NodeAsync(name, default, CancellationToken.None)).Value?.Node;

    private IEnumerable<string> Checks(string node) => CatalogReads.ChecksOfNode(_catalog.State.Current, node).Value.Select(check => check.CheckId);
}
