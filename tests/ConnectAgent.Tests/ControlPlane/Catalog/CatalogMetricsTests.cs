using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>The catalog in numbers (docs/telemetry.md).</summary>
public sealed class CatalogMetricsTests : IDisposable
{
    private readonly CatalogFixture _catalog = new();

    public void Dispose() => _catalog.Dispose();

    [Fact]
    public async Task Gauges_say_what_is_there_and_counters_what_was_written()
    {
        await _catalog.PutAsync("n1", CatalogFixture.Service("web-1", "web"), CatalogFixture.Check("a", "web-1"), CatalogFixture.Check("b", "web-1", CheckStatus.Warning));
        await _catalog.PutAsync("n2", CatalogFixture.Service("web-1", "WEB"), CatalogFixture.Check("a", "web-1", "meh"), CatalogFixture.Check("b", status: "made up"));
        await _catalog.PutAsync("n2", CatalogFixture.Service("db", "db"));
        await _catalog.PutAsync("n2", CatalogFixture.Service("db", "db"));
        Read().Should().BeEquivalentTo(new Dictionary<string, long>
        {
            ["nodes"] = 2,
            ["services"] = 2,
            ["instances"] = 3,
            ["checks passing"] = 1,
            ["checks warning"] = 1,
            ["checks other"] = 2,
            ["registrations"] = 4,
            ["deregistrations"] = 0,
        });
        await _catalog.DeregisterAsync("n2", "web-1");
        await _catalog.DeregisterAsync("n1");
        await _catalog.DeregisterAsync("nobody");
        Read().Should().BeEquivalentTo(new Dictionary<string, long>
        {
            ["nodes"] = 1,
            ["services"] = 1,
            ["instances"] = 1,
            ["checks other"] = 1,
            ["registrations"] = 4,
            ["deregistrations"] = 3,
        });
    }

    [Fact]
    public async Task What_is_refused_is_not_counted()
    {
        var rights = TokenRights.Nothing;
        var registering = () => _catalog.RegisterAsync(new CatalogRegistration(CatalogFixture.Node("n1")), rights);
        await registering.Should().ThrowAsync<ServerException>();
        var deregistering = () => _catalog.DeregisterAsync("n1", rights: rights);
        await deregistering.Should().ThrowAsync<ServerException>();
        Read().Should().Contain("registrations", 0).And.Contain("deregistrations", 0);
    }

    private Dictionary<string, long> Read() => _catalog.Read(CatalogMetrics.MeterName, "connect_agent.catalog.");
}
