using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Testing;
using ConnectAgent.Tests.Agent;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Tests.Agent.LocalServices;

/// <summary>The local services of an agent without the agent; it can be started again over its directory.</summary>
internal sealed class LocalAgent : IAsyncDisposable
{
    private readonly KeptResults _results;
    private readonly ILoggerFactory _factory;

    public LocalAgent(
        string? directory = null, ManualTimeProvider? clock = null, int firstPort = 21000, int lastPort = 21255, ICentralConfigurationSource? central = null)
    {
        Clock = clock ?? new ManualTimeProvider();
        _factory = LoggerFactory.Create(builder => builder.AddProvider(Logs));
        var options = new LocalServiceOptions { Directory = directory, SidecarMinPort = firstPort, SidecarMaxPort = lastPort };
        Store = new LocalStore(options, Clock, _factory.CreateLogger<LocalStore>());
        _results = new KeptResults(Store, Clock, _factory.CreateLogger<KeptResults>());
        State = new LocalState(
            Store, new AgentIdentity("dc1", "node1", true, string.Empty, DefaultDecision.Allow), _results, Clock, _factory.CreateLogger<LocalState>());
        Registry = new LocalRegistry(Store, State, options, Sync, _factory.CreateLogger<LocalRegistry>(), central);
    }

    public ManualTimeProvider Clock { get; }

    public RecordedLogs Logs { get; } = new();

    public RecordingSync Sync { get; } = new();

    public LocalStore Store { get; }

    public LocalState State { get; }

    public LocalRegistry Registry { get; }

    public static ServiceRegistration Registration(string id, params RegisteredCheck[] checks) =>
        new(new NodeService { Id = id, Name = id, Port = 8000 }) { Checks = checks };

    public static RegisteredCheck Check(string id, string serviceId = "", TimeSpan ttl = default, string status = CheckStatus.Critical) => new()
    {
        CheckId = id,
        Name = id,
        ServiceId = serviceId,
        Status = status,
        Definition = new CheckDefinition { Ttl = ttl },
    };

    /// <summary>A service with a sidecar that gets a port.</summary>
    public static ServiceRegistration WithSidecar(string id) => Registration(id) with
    {
        Sidecar = new SidecarRegistration(id + "-sidecar-proxy", 0, port => new ServiceRegistration(new NodeService
        {
            Id = id + "-sidecar-proxy",
            Name = id + "-sidecar-proxy",
            Kind = ServiceKinds.ConnectProxy,
            Port = port,
            Proxy = new ProxyConfig { DestinationServiceName = id, DestinationServiceId = id },
        })
        {
            Checks = [Check($"service:{id}-sidecar-proxy:1", id + "-sidecar-proxy")],
        }),
    };

    public Task AddAsync(ServiceRegistration registration) => Registry.AddServiceAsync(registration, CancellationToken.None);

    public Task<bool> RemoveAsync(string id) => Registry.RemoveServiceAsync(id, CancellationToken.None);

    public async ValueTask DisposeAsync()
    {
        await _results.DisposeAsync();
        Store.Dispose();
        _factory.Dispose();
    }
}

/// <summary>Notes what is to be pushed, and what the local state had by then.</summary>
internal sealed class RecordingSync : ILocalSync
{
    public List<(string[] Services, string[] Checks)> Pushed { get; } = [];

    public Task PushAsync(IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> checkIds, CancellationToken cancellationToken)
    {
        Pushed.Add(([.. serviceIds.Order(StringComparer.Ordinal)], [.. checkIds.Order(StringComparer.Ordinal)]));
        return Task.CompletedTask;
    }
}
