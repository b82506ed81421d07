using ConnectAgent.Agent;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>Services of this agent as entries of its cache.</summary>
public sealed class LocalServiceKindTests : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private readonly TemporaryFolder _folder = new();
    private readonly ManualTimeProvider _clock = new();

    public void Dispose() => _folder.Dispose();

    [Fact] // AG-5, CACHE-20: any number of changes at one moment, each seen by the next read
    public async Task A_read_sees_every_registration_before_it_however_many_there_are()
    {
        await using var agent = Agent();
        for (var port = 1; port <= 50; port++)
        {
            await RegisterAsync(agent, "web", port);
            (await ReadAsync(agent)).Value.Service.Port.Should().Be(port);
        }

        agent.GetRequiredService<AgentCache>().Entries.Should().ContainSingle();
    }

    [Fact] // AG-6
    public async Task A_read_with_an_index_waits_for_the_service_and_sees_it_go()
    {
        await using var agent = Agent();
        await RegisterAsync(agent, "web");
        var seen = await ReadAsync(agent);
        var waiting = ReadAsync(agent, seen.Index);
        await RegisterAsync(agent, "db");
        agent.GetRequiredService<LocalState>().UseCatalogTags("web", ["x"]).Should().BeFalse();
        waiting.IsCompleted.Should().BeFalse();
        await agent.GetRequiredService<LocalRegistry>().RemoveServiceAsync("web", CancellationToken.None);
        var failure = (await waiting.Invoking(async read => await read.WaitAsync(Patience)).Should().ThrowAsync<ServerException>()).Which;
        (failure.Kind, failure.Message).Should().Be((FailureKind.NotFound, "unknown service ID: web"));
        agent.GetRequiredService<AgentCache>().Entries.Should().BeEmpty("nothing is kept of what is gone");
    }

    [Fact] // CACHE-34: that it is read outlives a restart; what it is comes from the store
    public async Task An_entry_outlives_a_restart_as_long_as_its_service_does()
    {
        await using (var before = Agent())
        {
            before.GetRequiredService<SealedCache>();
            await RegisterAsync(before, "web");
            await RegisterAsync(before, "db");
            await ReadAsync(before);
            await ReadAsync(before, id: "db");
            await before.GetRequiredService<SealedStore>().FlushAsync(CancellationToken.None);
            await before.GetRequiredService<LocalRegistry>().RemoveServiceAsync("db", CancellationToken.None);
        }

        await using var after = Agent();
        after.GetRequiredService<SealedCache>().Restore().Should().Be(1);
        after.GetRequiredService<AgentCache>().Entries.Should().ContainSingle(static entry => entry.Key.Kind == "agent-service" && entry.Key.Request == "web");
        var answer = await ReadAsync(after);
        (answer.Hit, answer.Value.Service.Name).Should().Be((true, "web"));
    }

    private static Task RegisterAsync(ServiceProvider agent, string id, int port = 80) => agent.GetRequiredService<LocalRegistry>().AddServiceAsync(
        new ServiceRegistration(new NodeService { Id = id, Name = id, Port = port }), CancellationToken.None);

    private static Task<CacheAnswer<ShownService>> ReadAsync(ServiceProvider agent, ulong index = 0, string id = "web") =>
        agent.GetRequiredService<AgentCache>().GetAsync(
            agent.GetRequiredService<LocalServiceKind>(), new LocalServiceRequest("dc1", "t", id, id), new CacheRead(new BlockingQuery(index)), CancellationToken.None)
            .AsTask().WaitAsync(index == 0 ? Patience : Timeout.InfiniteTimeSpan);

    private ServiceProvider Agent()
    {
        var services = new ServiceCollection();
        services.AddLogging().AddSingleton<TimeProvider>(_clock).AddSingleton<IServerClient>(new ScriptedServerClient(_clock));
        services.AddSingleton(new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled));
        services.AddConnectAgent(_folder.Path).AddLocalServices(new LocalServiceOptions { Directory = _folder.Path });
        return services.BuildServiceProvider();
    }
}
