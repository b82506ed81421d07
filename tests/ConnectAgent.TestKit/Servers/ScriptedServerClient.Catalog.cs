using System.Collections.Concurrent;
using System.Text;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.CentralConfig;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

// Its catalog.
public sealed partial class ScriptedServerClient
{
    private readonly ScriptedCatalog _catalog = new();
    private readonly ConcurrentQueue<ScriptedWrite> _writes = new();
    private readonly Dictionary<string, ConfigEntryList> _entries = new(StringComparer.Ordinal);
    private ulong _entryIndex = 1;
    private int _nodeReads;

    /// <summary>Reads of nodes.</summary>
    public int NodeReads => Volatile.Read(ref _nodeReads);

    /// <summary>Every write to the catalog, in order, those that failed included.</summary>
    public IReadOnlyList<ScriptedWrite> Writes => [.. _writes];

    /// <summary>A node with its services, whoever asks.</summary>
    public NodeView SeeNode(string name)
    {
        lock (_gate)
        {
            return _catalog.Read(name, TokenRights.Everything).Value;
        }
    }

    /// <summary>Its checks, by ID.</summary>
    public IReadOnlyDictionary<string, HealthCheck> SeeChecks(string name)
    {
        lock (_gate)
        {
            return _catalog.ReadChecks(name, TokenRights.Everything).Value.ToDictionary(static check => check.CheckId, StringComparer.Ordinal);
        }
    }

    /// <summary>The config entries of a kind, as JSON.</summary>
    public void SetConfigEntries(string kind, params string[] entries)
    {
        lock (_gate)
        {
            _entries[kind] = ConfigEntryList.Parse(Encoding.UTF8.GetBytes("[" + string.Join(',', entries) + "]"));
            _entryIndex = ++_index;
        }

        Changed();
    }

    internal Task<ServerRead<ConfigEntryList>> ReadConfigEntriesAsync(ConfigEntriesRequest request, ServerQuery query, CancellationToken cancellationToken) => HoldAsync(
        query,
        () => null,
        () =>
        {
            RightsOf(query.Token);
            return new ServerRead<ConfigEntryList>(_entries.GetValueOrDefault(request.EntryKind, ConfigEntryList.None), _entryIndex);
        },
        cancellationToken);

    /// <summary>A snapshot of the catalog.</summary>
    /// <returns>Puts it in the place of what is there then.</returns>
    public Action SaveCatalog()
    {
        lock (_gate)
        {
            var saved = _catalog.Save();
            return () =>
            {
                lock (_gate)
                {
                    _catalog.Restore(saved, ++_index);
                }

                Changed();
            };
        }
    }

    internal Task<ServerRead<NodeView>> ReadNodeAsync(NodeName node, ServerQuery query, CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _nodeReads);
        return HoldAsync(query, () => null, () => _catalog.Read(node.Value, RightsOf(query.Token)), cancellationToken);
    }

    internal Task<ServerRead<IReadOnlyList<HealthCheck>>> ReadNodeChecksAsync(NodeName node, ServerQuery query, CancellationToken cancellationToken) =>
        HoldAsync(query, () => null, () => _catalog.ReadChecks(node.Value, RightsOf(query.Token)), cancellationToken);

    /// <summary>Runs before each write, in its caller's flow; what it throws is the write's failure.</summary>
    public Func<ScriptedWrite, Task> Writing { get; set; } = static _ => Task.CompletedTask;

    public Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken) => WriteAsync(
        registration, registration.Node.Datacenter, token, (rights, index) => _catalog.Register(registration, rights, index), cancellationToken);

    public Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken) => WriteAsync(
        deregistration, deregistration.Datacenter, token, (rights, index) => _catalog.Deregister(deregistration, rights, index), cancellationToken);

    private async Task WriteAsync(
        object write, string datacenter, string token, Action<TokenRights, ulong> apply, CancellationToken cancellationToken)
    {
        _writes.Enqueue(new ScriptedWrite(write, token));
        await Writing(new ScriptedWrite(write, token)).WaitAsync(cancellationToken);
        lock (_gate)
        {
            if (_failure is { } failure)
            {
                throw failure.ToThrow();
            }

            RequireDatacenter(datacenter.Length > 0 ? datacenter : Datacenter);
            apply(RightsOf(token), ++_index);
        }

        Changed();
    }
}

/// <summary>A write to the catalog.</summary>
/// <param name="Write">A registration or a deregistration.</param>
/// <param name="Token">What it was made under.</param>
public sealed record ScriptedWrite(object Write, string Token)
{
    /// <summary>Whether it is about a service of this ID, or a check of it.</summary>
    public bool IsOf(string serviceId) => Write switch
    {
        CatalogRegistration registration => registration.Service?.Id == serviceId || registration.Checks.Any(check => check.ServiceId == serviceId),
        CatalogDeregistration deregistration => deregistration.ServiceId == serviceId,
        _ => false,
    };
}
