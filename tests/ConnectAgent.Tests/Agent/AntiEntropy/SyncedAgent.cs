using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>An agent's local services and what keeps the catalog of a scripted server true about them, on a manual clock.</summary>
internal sealed class SyncedAgent : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ServiceProvider _services;
    private readonly IHostedService _loop;

    public SyncedAgent(
        ScriptedServerClient servers,
        ManualTimeProvider clock,
        string node = "node1",
        bool isRemote = true,
        string defaultToken = "",
        string agentToken = "",
        TimeSpan? outputs = null,
        Random? random = null,
        string? directory = null)
    {
        (Servers, Clock) = (servers, clock);
        Node = new CatalogNode { Id = "11111111-2222-3333-4444-555555555555", Name = node, Address = "10.0.0.1", Datacenter = "dc1" };
        var identity = new AgentIdentity("dc1", node, true, defaultToken, DefaultDecision.AclsDisabled);
        identity.UseAgentToken(agentToken);
        var services = new ServiceCollection();
        services.AddLogging(logging => logging.AddProvider(Logs)).AddMetrics();
        services.AddSingleton<TimeProvider>(clock).AddSingleton<IServerClient>(servers).AddSingleton(identity).AddSingleton<ServerContact>();
        services.AddSingleton(random ?? new HalfRandom());
        services.AddCatalogSync(new OwnNode(Node), new SyncOptions { IsRemote = isRemote, CheckUpdateInterval = outputs ?? TimeSpan.Zero });
        services.AddLocalServices(new LocalServiceOptions { Directory = directory });
        _services = services.BuildServiceProvider();
        _loop = _services.GetServices<IHostedService>().OfType<CatalogSyncService>().Single();
    }

    public ScriptedServerClient Servers { get; }

    public ManualTimeProvider Clock { get; }

    public RecordedLogs Logs { get; } = new();

    public CatalogNode Node { get; }

    public AgentIdentity Identity => _services.GetRequiredService<AgentIdentity>();

    public OwnNode Own => _services.GetRequiredService<OwnNode>();

    public LocalState Local => _services.GetRequiredService<LocalState>();

    public LocalRegistry Registry => _services.GetRequiredService<LocalRegistry>();

    /// <summary>Of its services in the catalog.</summary>
    public IReadOnlyDictionary<string, NodeService> Services => Servers.SeeNode(Node.Name).Services;

    /// <summary>Of its checks in the catalog.</summary>
    public IReadOnlyDictionary<string, HealthCheck> Checks => Servers.SeeChecks(Node.Name);

    /// <summary>Starts it, and waits until the first comparison is over.</summary>
    public async Task StartAsync()
    {
        await BeginAsync();
        await RestsAsync();
    }

    public Task BeginAsync() => _loop.StartAsync(CancellationToken.None);

    public Task StopAsync() => _loop.StopAsync(CancellationToken.None);

    /// <summary>The servers can be reached again, as somebody else found out.</summary>
    public void ServersAreBack() => _services.GetRequiredService<ServerContact>().IsBack();

    /// <summary>The servers have another state, as somebody else found out.</summary>
    public void ServersAreRestored() => _services.GetRequiredService<ServerContact>().IsRestored();

    /// <summary>Waits until the loop sleeps: between comparisons, or in a pause after a failure.</summary>
    public Task RestsAsync() => Clock.ArmedAsync(static delay => delay > TimeSpan.FromSeconds(50)).WaitAsync(Patience);

    /// <summary>Waits until the loop sleeps out a failure, the first in a row.</summary>
    public Task PausesAsync() => Clock.ArmedAsync(static delay => delay == TimeSpan.FromSeconds(3)).WaitAsync(Patience);

    /// <summary>Has the next comparison made, and waits until it is over.</summary>
    public async Task CompareAsync()
    {
        Clock.Advance(TimeSpan.FromSeconds(75));
        await RestsAsync();
    }

    public Task AddAsync(string id, Func<ServiceRegistration, ServiceRegistration>? with = null)
    {
        var registration = new ServiceRegistration(new NodeService { Id = id, Name = id, Port = 80 });
        return Registry.AddServiceAsync(with?.Invoke(registration) ?? registration, CancellationToken.None);
    }

    public Task RemoveAsync(string id) => Registry.RemoveServiceAsync(id, CancellationToken.None);

    public Task AddCheckAsync(string id, string serviceId = "", string token = "") =>
        Registry.AddCheckAsync(new RegisteredCheck { CheckId = id, Name = id, ServiceId = serviceId, Token = token }, CancellationToken.None);

    /// <summary>Waits for what happens by itself.</summary>
    public static async Task UntilAsync(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(Patience);
        while (!condition())
        {
            limit.Token.IsCancellationRequested.Should().BeFalse("it should have happened long ago");
            await Task.Yield();
        }
    }

    /// <summary>Both agree: the catalog has of this node what is registered here, what is the servers' own aside.</summary>
    public void AgreesWithCatalog()
    {
        var view = Local.Current;
        var (services, checks) = (Services, Checks);
        services.Keys.Where(static id => id != "consul").Should().BeEquivalentTo(view.Services.Keys);
        foreach (var (id, service) in view.Services)
        {
            CatalogForm.AreSame(services[id], service.Visible).Should().BeTrue("{0} is {1}", service.Visible, services[id]);
        }

        checks.Where(static check => check.Key is not (OwnCheck.Id or "serfHealth")).Select(static check => (check.Key, check.Value.Status, check.Value.Output, check.Value.ServiceId))
            .Should().BeEquivalentTo(view.Checks.Select(static check => (check.Key, check.Value.Health.Status, check.Value.Health.Output, check.Value.Health.ServiceId)));
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _services.DisposeAsync();
    }

    private sealed class HalfRandom : Random
    {
        public override double NextDouble() => 0.5;
    }
}
