using ConnectAgent.Agent;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Agent.AntiEntropy;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Xunit;

namespace ConnectAgent.Tests.Agent.CentralConfig;

/// <summary>Config entries are laid over local proxies, and kept current (services CENT-1 to CENT-5).</summary>
public sealed class CentralConfigTests : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private readonly ManualTimeProvider _clock = new();
    private readonly ScriptedServerClient _servers;
    private readonly TemporaryFolder _folder = new();
    private readonly AgentIdentity _agent = new("dc1", "node1", true, string.Empty, DefaultDecision.AclsDisabled);
    private readonly ServiceProvider _services;

    public CentralConfigTests()
    {
        _servers = new ScriptedServerClient(_clock);
        _services = Build();
    }

    private LocalState Local => _services.GetRequiredService<LocalState>();

    public Task InitializeAsync() => Watcher(_services).StartAsync(CancellationToken.None);

    public async Task DisposeAsync()
    {
        await Watcher(_services).StopAsync(CancellationToken.None);
        await _services.DisposeAsync();
        _folder.Dispose();
    }

    [Fact] // CENT-1: the registration itself stays as it was sent
    public async Task Whoever_registered_a_proxy_sees_it_with_what_the_entries_add()
    {
        _servers.SetConfigEntries("proxy-defaults", """{"Kind":"proxy-defaults","Name":"global","Config":{"protocol":"http2","a":1}}""");
        _servers.SetConfigEntries("service-defaults", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        await AddAsync(Proxy);
        var proxy = Local.Current.Service("web-proxy")!;
        proxy.Visible.Proxy!.Config.Should().Be("""{"a":1,"protocol":"http"}""");
        proxy.Stored.Proxy!.Config.Should().BeNull();
    }

    [Fact] // CENT-4
    public async Task A_write_of_an_entry_changes_the_proxy_and_wakes_whoever_waits_for_it_and_nobody_else()
    {
        // Given
        await AddAsync(Proxy);
        await AddAsync(Proxy with { Id = "db-proxy", Name = "db-proxy", Proxy = Proxy.Proxy! with { DestinationServiceName = "db" } });
        using var web = Local.Watch("web-proxy");
        using var db = Local.Watch("db-proxy");

        // When
        _servers.SetConfigEntries("service-defaults", """{"Kind":"service-defaults","Name":"web","Protocol":"grpc"}""");

        // Then
        await web.Changed.WaitAsync(Patience);
        Local.Current.Service("web-proxy")!.Visible.Proxy!.Config.Should().Be("""{"protocol":"grpc"}""");
        db.Changed.IsCompleted.Should().BeFalse();
        _servers.SetConfigEntries("service-defaults");
        await SyncedAgent.UntilAsync(() => Local.Current.Service("web-proxy")!.Visible.Proxy!.Config is null);
    }

    [Fact] // CENT-1
    public async Task Nobody_is_asked_for_services_that_no_entry_applies_to()
    {
        _servers.SetConfigEntries("service-defaults", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        await AddAsync(new NodeService { Id = "web", Name = "web" });
        await AddAsync(Proxy with { Proxy = new ProxyConfig { DestinationServiceName = "web" } });
        _servers.Running.Should().Be(0);
        Local.Current.Service("web-proxy")!.Visible.Proxy!.Config.Should().BeNull();
    }

    [Fact] // CENT-4
    public async Task While_servers_are_unreachable_a_proxy_is_registered_at_once_and_merged_later()
    {
        _servers.SetConfigEntries("service-defaults", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        _servers.Fail(ScriptedServerClient.Unreachable());
        await AddAsync(Proxy).WaitAsync(Patience);
        Local.Current.Service("web-proxy")!.Visible.Proxy!.Config.Should().BeNull();
        _servers.Fail(null);
        await SyncedAgent.UntilAsync(() =>
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            return Local.Current.Service("web-proxy")!.Visible.Proxy!.Config is not null;
        });
    }

    [Fact] // AE-5, CFG-16
    public async Task Another_token_of_the_agent_sees_other_entries()
    {
        _servers.SetConfigEntries("service-defaults", """{"Kind":"service-defaults","Name":"web","Protocol":"http"}""");
        _servers.SetRights("good", new GrantedRights());
        _agent.UseAgentToken("unknown");
        await AddAsync(Proxy);
        Local.Current.Service("web-proxy")!.Visible.Proxy!.Config.Should().BeNull();
        _agent.UseAgentToken("good");
        await SyncedAgent.UntilAsync(() => Local.Current.Service("web-proxy")!.Visible.Proxy!.Config is not null);
    }

    private static NodeService Proxy { get; } = new()
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = "web-proxy",
        Name = "web-proxy",
        Port = 21000,
        Proxy = new ProxyConfig { DestinationServiceName = "web", DestinationServiceId = "web" },
    };

    private static CentralConfigWatcher Watcher(ServiceProvider services) => services.GetServices<IHostedService>().OfType<CentralConfigWatcher>().Single();

    private Task AddAsync(NodeService service) =>
        _services.GetRequiredService<LocalRegistry>().AddServiceAsync(new ServiceRegistration(service), CancellationToken.None);

    private ServiceProvider Build()
    {
        var services = new ServiceCollection();
        services.AddLogging();
        services.AddSingleton<TimeProvider>(_clock).AddSingleton<IServerClient>(_servers).AddSingleton(_agent);
        services.AddConnectAgent();
        services.AddCentralConfig().AddLocalServices(new LocalServiceOptions());
        return services.BuildServiceProvider();
    }
}
