using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Tests.ControlPlane.Catalog;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.PreparedQueries;

/// <summary>services PQ-5.</summary>
public sealed class QuerySelectionTests
{
    [Theory]
    [InlineData("passing", false, true)]
    [InlineData("warning", false, true)]
    [InlineData("critical", false, false)]
    [InlineData("meh", false, true)]
    [InlineData("passing", true, true)]
    [InlineData("warning", true, false)]
    [InlineData("meh", true, false)]
    public void What_is_critical_goes_and_if_only_what_passes_is_wanted_all_that_does_not(string status, bool onlyPassing, bool stays)
    {
        var instance = Instance(CatalogFixture.Check("c", status: status), CatalogFixture.Check("d"));
        Selects(new QueriedService { OnlyPassing = onlyPassing }, instance).Should().Be(stays);
        Selects(new QueriedService { OnlyPassing = onlyPassing, IgnoreCheckIds = ["c"] }, instance).Should().BeTrue();
        Selects(new QueriedService { OnlyPassing = onlyPassing, IgnoreCheckIds = ["d"] }, instance).Should().Be(stays);
    }

    [Theory]
    [InlineData("", true)]
    [InlineData("V1", true)]
    [InlineData("v1 blue", true)]
    [InlineData("v1 green", false)]
    [InlineData("!green", true)]
    [InlineData("!V1", false)]
    [InlineData("v1 !old", true)]
    public void All_tags_must_be_there_and_none_that_is_forbidden(string tags, bool stays) =>
        Selects(new QueriedService { Tags = tags.Split(' ', StringSplitOptions.RemoveEmptyEntries) }, Instance()).Should().Be(stays);

    [Theory]
    [InlineData("os", "linux", true)]
    [InlineData("os", "Linux", false)]
    [InlineData("zone", "linux", false)]
    public void Meta_must_be_equal_of_the_node_and_of_the_service(string key, string value, bool stays)
    {
        var wanted = new Dictionary<string, string>(StringComparer.Ordinal) { [key] = value };
        Selects(new QueriedService { NodeMeta = wanted }, Instance()).Should().Be(stays);
        Selects(new QueriedService { ServiceMeta = wanted }, Instance()).Should().Be(stays);
        var bare = new InstanceHealth(new CatalogNode { Name = "n" }, CatalogFixture.Service("a", "web"), []);
        Selects(new QueriedService { NodeMeta = wanted }, bare).Should().BeFalse();
        Selects(new QueriedService { NodeMeta = new Dictionary<string, string>(StringComparer.Ordinal) }, bare).Should().BeTrue();
    }

    [Fact]
    public void The_order_is_drawn_and_what_is_on_the_node_comes_first()
    {
        var instances = Enumerable.Range(0, 8).Select(i => new InstanceHealth(
            new CatalogNode { Name = $"n{i}" }, CatalogFixture.Service("a", "web"), [])).ToList();
        var orders = Enumerable.Range(0, 40).Select(seed => Names(QuerySelection.Order(instances, string.Empty, 0, new Random(seed)))).ToList();
        orders.Distinct().Should().HaveCountGreaterThan(30);
        orders.Should().AllSatisfy(order => order.Split(' ').Order().Should().Equal(instances.Select(instance => instance.Node.Name)));
        Names(QuerySelection.Order(instances, string.Empty, 0, new Random(1))).Should().Be(Names(QuerySelection.Order(instances, string.Empty, 0, new Random(1))));
        for (var seed = 0; seed < 10; seed++)
        {
            var near = QuerySelection.Order(instances, "N5", 3, new Random(seed));
            near.Should().HaveCount(3);
            near[0].Node.Name.Should().Be("n5");
            QuerySelection.Order(instances, "elsewhere", 100, new Random(seed)).Should().HaveCount(8);
        }
    }

    private static string Names(IEnumerable<InstanceHealth> instances) => string.Join(' ', instances.Select(instance => instance.Node.Name));

    private static bool Selects(QueriedService query, InstanceHealth instance) => QuerySelection.IsSelected(query, instance);

    private static InstanceHealth Instance(params HealthCheck[] checks)
    {
        var meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["os"] = "linux" };
        return new InstanceHealth(
            new CatalogNode { Name = "n1", Meta = meta }, CatalogFixture.Service("a", "web", "v1", "Blue") with { Meta = meta }, checks);
    }
}
