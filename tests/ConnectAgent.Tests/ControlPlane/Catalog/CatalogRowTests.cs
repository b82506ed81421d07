using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>What is written of the catalog opens again: a row leaves out what is unset, and is read strictly.</summary>
public sealed class CatalogRowTests
{
    private static readonly NodeService Plain = new() { Id = "web1", Name = "web" };

    [Fact]
    public void A_row_of_which_most_is_unset_is_read_as_it_was()
    {
        Read(CatalogRowJson.Default.CatalogService, new CatalogService("n", Plain), static row => row with { Service = row.Service.Completed() });
        Read(CatalogRowJson.Default.HealthCheck, new HealthCheck { Node = "n", CheckId = "c" }, static check => check.Completed());
    }

    [Fact]
    public void A_row_with_a_proxy_is_read_as_it_was() => Read(
        CatalogRowJson.Default.CatalogService,
        new CatalogService("n", Plain with { Kind = ServiceKinds.ConnectProxy, Proxy = new ProxyConfig { DestinationServiceName = "db", Upstreams = [new Upstream { DestinationName = "a" }] } }),
        static row => row with { Service = row.Service.Completed() });

    [Fact] // what follows from the rest is not stored
    public void A_row_holds_nothing_twice() => JsonSerializer.Serialize(Plain with { Kind = ServiceKinds.ConnectProxy, Proxy = ProxyConfig.Empty }, CatalogRowJson.Default.NodeService)
        .Should().NotContain("Shown").And.NotContain("ConnectName");

    private static void Read<T>(JsonTypeInfo<T> type, T row, Func<T, T> complete)
    {
        var sparse = SparseJson.Of(type);
        var json = JsonSerializer.SerializeToUtf8Bytes(row, sparse);
        StrictJson.RequireNoNull(json);
        complete(JsonSerializer.Deserialize(json, StrictJson.Of(sparse))!).Should().BeEquivalentTo(row);
    }
}
