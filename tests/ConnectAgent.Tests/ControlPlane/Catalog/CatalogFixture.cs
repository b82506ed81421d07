using System.Diagnostics.Metrics;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Tests.ControlPlane.Catalog;

/// <summary>The catalog of one control plane.</summary>
internal sealed class CatalogFixture : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().BuildServiceProvider();

    public CatalogFixture(IStateStorage? storage = null)
    {
        State = new StateStore(storage ?? new MemoryStateStorage(), ControlPlaneTables.All);
        Reader = new BlockingReader(State, BlockingLimits.Standard, TimeProvider.System, Random.Shared);
        Catalog = new CatalogStore(State, Reader, new CatalogOptions("dc1"), new CatalogMetrics(Meters, State), NullLogger<CatalogStore>.Instance);
    }

    public IMeterFactory Meters => _services.GetRequiredService<IMeterFactory>();

    public StateStore State { get; }

    public BlockingReader Reader { get; }

    public CatalogStore Catalog { get; }

    public static CatalogNode Node(string name, string id = "", string address = "10.0.0.1") => new() { Name = name, Id = id, Address = address };

    public static NodeService Service(string id, string name, params string[] tags) => new() { Id = id, Name = name, Port = 80, Tags = tags };

    public static NodeService ProxyOf(string id, string destination) => new()
    {
        Id = id,
        Name = destination + "-proxy",
        Kind = ServiceKinds.ConnectProxy,
        Port = 21000,
        Proxy = new ProxyConfig { DestinationServiceName = destination },
    };

    public static HealthCheck Check(string id, string service = "", string status = CheckStatus.Passing) =>
        new() { CheckId = id, Name = id, ServiceId = service, Status = status };

    public Task RegisterAsync(CatalogRegistration registration, TokenRights? rights = null) => Catalog.RegisterAsync(registration, rights ?? TokenRights.Everything);

    /// <summary>Puts a service on a node, which is made when it is missing.</summary>
    public Task PutAsync(string node, NodeService service, params HealthCheck[] checks) =>
        RegisterAsync(new CatalogRegistration(Node(node)) { SkipNodeUpdate = true, Service = service, Checks = checks });

    public Task PutAsync(string node, params HealthCheck[] checks) =>
        RegisterAsync(new CatalogRegistration(Node(node)) { SkipNodeUpdate = true, Checks = checks });

    public Task DeregisterAsync(string node, string service = "", string check = "", TokenRights? rights = null) =>
        Catalog.DeregisterAsync(new CatalogDeregistration("dc1", node, service, check), rights ?? TokenRights.Everything);

    public async Task<(IReadOnlyList<InstanceHealth> Value, ulong Index)> HealthAsync(string name, bool connect = false, ulong index = 0) =>
        await Catalog.HealthAsync(
            new ServiceQuery(name, connect ? ServiceSelection.Connect : ServiceSelection.Instances), After(index), CancellationToken.None);

    public async Task<(IReadOnlyList<ServiceInstance> Value, ulong Index)> InstancesAsync(string name, bool connect = false, ulong index = 0) =>
        await Catalog.InstancesAsync(
            new ServiceQuery(name, connect ? ServiceSelection.Connect : ServiceSelection.Instances), After(index), CancellationToken.None);

    public static BlockingOptions After(ulong index) => new(new BlockingQuery(index, TimeSpan.FromMinutes(10)));

    /// <summary>What the instruments of a meter say, by their names and the value of their label.</summary>
    /// <param name="prefix">What all names begin with, and is left out.</param>
    public Dictionary<string, long> Read(string meter, string prefix)
    {
        Dictionary<string, long> read = new(StringComparer.Ordinal);
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, reading) =>
            {
                // Others run in this process, too.
                if (instrument.Meter.Name == meter && instrument.Meter.Scope == Meters)
                {
                    reading.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) =>
            read.Add(instrument.Name[prefix.Length..] + (tags.Length > 0 ? $" {tags[0].Value}" : string.Empty), value));
        listener.Start();
        listener.RecordObservableInstruments();
        return read;
    }

    public void Dispose()
    {
        Reader.Dispose();
        State.Dispose();
        _services.Dispose();
    }
}
