using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.ControlPlane.Catalog.CatalogFixture;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>Who wakes, and by which index (services CAT-16, HLT-5).</summary>
public sealed class CatalogWakeTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly CatalogFixture _catalog = new();

    public void Dispose() => _catalog.Dispose();

    [Fact]
    public async Task A_change_of_one_service_wakes_its_readers_and_nobody_else()
    {
        // Given
        await _catalog.PutAsync("n", Service("web", "web"), Check("c", "web"));
        await _catalog.PutAsync("n", ProxyOf("p", "web"), Check("pc", "p"));
        await _catalog.PutAsync("n", Service("db", "db"), Check("d", "db"));
        var web = _catalog.HealthAsync("WEB", index: (await _catalog.HealthAsync("web")).Index);
        var plain = _catalog.InstancesAsync("web", index: (await _catalog.InstancesAsync("web")).Index);
        var connect = _catalog.HealthAsync("web", connect: true, (await _catalog.HealthAsync("web", connect: true)).Index);
        var db = _catalog.HealthAsync("db", index: (await _catalog.HealthAsync("db")).Index);
        var absent = _catalog.HealthAsync("absent", index: (await _catalog.HealthAsync("absent")).Index);

        // When
        await _catalog.PutAsync("n", Check("c", "web", CheckStatus.Critical));

        // Then
        (await web.WaitAsync(Patience)).Value.Single().Checks.Single().Status.Should().Be("critical");
        (plain.IsCompleted, connect.IsCompleted, db.IsCompleted, absent.IsCompleted).Should().Be((false, false, false, false));
        await _catalog.PutAsync("n", Check("pc", "p", CheckStatus.Warning));
        (await connect.WaitAsync(Patience)).Index.Should().Be(_catalog.State.LastIndex);
        await _catalog.PutAsync("n", Service("web", "web", "tag"));
        (await plain.WaitAsync(Patience)).Value.Single().Service.Tags.Should().Equal("tag");
        (db.IsCompleted, absent.IsCompleted).Should().Be((false, false));
        await _catalog.PutAsync("m", Service("a", "ABSENT"));
        (await absent.WaitAsync(Patience)).Value.Should().ContainSingle();
        db.IsCompleted.Should().BeFalse();

        // Its node: what is said of it, and its own checks.
        await _catalog.RegisterAsync(new(Node("n", address: "10.7.7.7")));
        var woken = await db.WaitAsync(Patience);
        woken.Value.Single().Node.Address.Should().Be("10.7.7.7");
        db = _catalog.HealthAsync("db", index: woken.Index);
        await _catalog.PutAsync("m", Check("alive"));
        db.IsCompleted.Should().BeFalse();
        await _catalog.PutAsync("n", Check("alive"));
        (await db.WaitAsync(Patience)).Value.Single().Checks.Should().HaveCount(2);
    }

    [Fact]
    public async Task The_last_instance_that_goes_leaves_an_index_that_is_not_less()
    {
        await _catalog.PutAsync("n", Service("web", "web"));
        await _catalog.PutAsync("n", Service("db", "db"));
        var before = (await _catalog.HealthAsync("web")).Index;
        var held = _catalog.HealthAsync("web", index: before);
        await _catalog.DeregisterAsync("n", "web");
        var (value, index) = await held.WaitAsync(Patience);
        value.Should().BeEmpty();
        index.Should().Be(_catalog.State.LastIndex);

        // Unrelated writes move neither it nor that of a service that is there.
        var db = (await _catalog.HealthAsync("db")).Index;
        await _catalog.PutAsync("m", Service("x", "x"));
        (await _catalog.HealthAsync("web")).Index.Should().Be(index);
        (await _catalog.HealthAsync("db")).Index.Should().Be(db).And.BeLessThan(index);
    }

    [Fact] // beyond 64 nodes a reader waits for any node, and still answers only when its own have changed
    public async Task Readers_of_an_instance_on_very_many_nodes_wake_for_these_only()
    {
        foreach (var n in Enumerable.Range(0, 70))
        {
            await _catalog.PutAsync($"n{n}", Service("web", "web"));
        }

        await _catalog.PutAsync("other", Service("db", "db"));
        var held = _catalog.HealthAsync("web", index: (await _catalog.HealthAsync("web")).Index);
        await _catalog.RegisterAsync(new(Node("other", address: "10.7.7.7")));
        await _catalog.PutAsync("other", Check("alive"));
        held.IsCompleted.Should().BeFalse();
        await _catalog.PutAsync("n42", Check("alive", status: CheckStatus.Critical));
        var (value, index) = await held.WaitAsync(Patience);
        value.Single(instance => !instance.IsPassing).Node.Name.Should().Be("n42");
        held = _catalog.HealthAsync("web", index: index);
        await _catalog.RegisterAsync(new(Node("n69", address: "10.7.7.7")));
        (await held.WaitAsync(Patience)).Value.Should().Contain(instance => instance.Node.Address == "10.7.7.7");
    }
}
