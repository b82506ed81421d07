using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;
using static ConnectAgent.Tests.Agent.LocalServices.LocalAgent;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>The view of the local services: who hears of what, and what is laid over what was registered (services AG-6, CENT-1, AE-3, 11.11).</summary>
public sealed class LocalStateTests
{
    [Fact] // AG-6
    public async Task Who_waits_for_a_service_wakes_for_it_and_not_for_its_checks_or_others()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(Registration("web", Check("c", "web")));
        using var service = agent.State.Watch("web");
        List<string> checks = [];
        using var subscription = agent.State.Subscribe(change => checks.AddRange(change.Checks));
        await agent.AddAsync(Registration("db", Check("d", "db")));
        agent.State.UpdateCheck("d", CheckStatus.Passing, string.Empty);
        agent.State.UpdateCheck("c", CheckStatus.Critical, string.Empty).Should().BeTrue("nothing is new");
        checks.Should().Equal("d", "d");
        agent.State.UpdateCheck("c", CheckStatus.Critical, "other");
        checks.Should().Equal("d", "d", "c");
        service.Changed.IsCompleted.Should().BeFalse();
        await agent.AddAsync(Registration("web"));
        service.Changed.IsCompleted.Should().BeFalse("it is registered as it was");
        await agent.RemoveAsync("web");
        service.Changed.IsCompleted.Should().BeTrue();
    }

    [Fact] // 11.11
    public async Task Services_are_found_by_name_and_checks_by_their_service()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(WithSidecar("web"));
        await agent.AddAsync(Registration("web-2") with { Service = new NodeService { Id = "web-2", Name = "web" } });
        Ids(agent.State.Current.Named("web")).Should().Equal("web", "web-2");
        Ids(agent.State.Current.ChecksOf("web-sidecar-proxy")).Should().Equal("service:web-sidecar-proxy:1");
        await agent.AddAsync(Registration("web-2"));
        Ids(agent.State.Current.Named("web")).Should().Equal("web");
        await agent.RemoveAsync("web");
        agent.State.Current.Named("web").Should().BeEmpty();
        agent.State.Current.ChecksOf("web-sidecar-proxy").Should().BeEmpty();

        static IEnumerable<string> Ids<T>(IEnumerable<T> all) => all.Select(one => one is LocalService service ? service.Id : ((LocalCheck)(object)one!).Id);
    }

    [Fact] // CENT-1, CENT-4
    public async Task Central_configuration_lies_over_what_was_registered_and_wakes_only_whom_it_changes()
    {
        await using var agent = new LocalAgent();
        await agent.AddAsync(WithSidecar("web"));
        using var web = agent.State.Watch("web");
        using var sidecar = agent.State.Watch("web-sidecar-proxy");
        agent.State.UseCentralConfiguration(Merge("strict"));
        sidecar.Changed.IsCompleted.Should().BeTrue();
        web.Changed.IsCompleted.Should().BeFalse();
        agent.State.Current.Service("web-sidecar-proxy")!.Visible.Proxy!.MeshGatewayMode.Should().Be("strict");
        agent.State.Current.Service("web-sidecar-proxy")!.Stored.Proxy!.MeshGatewayMode.Should().BeEmpty();
        await agent.AddAsync(WithSidecar("db"));
        agent.State.Current.Service("db-sidecar-proxy")!.Visible.Proxy!.MeshGatewayMode.Should().Be("strict", "what comes later is merged at once");

        static Func<LocalService, NodeService> Merge(string mode) => service =>
            service.Stored.Proxy is { } proxy ? service.Stored with { Proxy = proxy with { MeshGatewayMode = mode } } : service.Stored;
    }

    [Fact] // AE-3
    public async Task Tags_of_the_catalog_are_taken_over_where_the_service_allows_it_until_it_registers_again()
    {
        await using var agent = new LocalAgent();
        var web = Registration("web", Check("c", "web"));
        web = web with { Service = web.Service with { Tags = ["own"], EnableTagOverride = true } };
        await agent.AddAsync(web);
        await agent.AddAsync(Registration("db"));
        agent.State.UseCatalogTags("db", ["x"]).Should().BeFalse();
        agent.State.UseCatalogTags("web", ["theirs"]).Should().BeTrue();
        agent.State.UseCentralConfiguration(static service => service.Stored);
        agent.State.Current.Service("web")!.Visible.Tags.Should().Equal("theirs");
        agent.State.Current.Check("c")!.Health.ServiceTags.Should().Equal("theirs");
        agent.State.Current.Service("web")!.Stored.Tags.Should().Equal("own");
        await agent.AddAsync(web with { Service = web.Service with { Port = 1 } });
        agent.State.Current.Service("web")!.Visible.Tags.Should().Equal("own");
    }
}
