using System.Collections.Immutable;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// What the catalog is known to hold of a service with its checks, or of the node: as it was read last, with what was written since. Immutable.
/// </summary>
internal sealed record KnownGroup
{
    public static KnownGroup Nothing { get; } = new();

    /// <summary>Only with the group of the node; null: the catalog has no such node.</summary>
    public CatalogNode? Node { get; init; }

    public NodeService? Service { get; init; }

    /// <summary>By ID.</summary>
    public ImmutableDictionary<string, HealthCheck> Checks { get; init; } = ImmutableDictionary<string, HealthCheck>.Empty;

    public bool IsEmpty => Node is null && Service is null && Checks.IsEmpty;

    /// <summary>What the catalog holds once a step is done.</summary>
    public KnownGroup After(SyncStep step) => step switch
    {
        RegisterStep { Registration: var done } => this with
        {
            Node = done.SkipNodeUpdate ? Node ?? done.Node : done.Node,
            Service = done.Service ?? Service,
            Checks = Checks.SetItems(done.Checks.Select(static check => KeyValuePair.Create(check.CheckId, check))),
        },
        DeregisterStep { Deregistration.ServiceId.Length: > 0 } => this with { Service = null, Checks = Checks.Clear() },
        DeregisterStep { Deregistration.CheckId: var id } => this with { Checks = Checks.Remove(id) },
        _ => throw new ArgumentOutOfRangeException(nameof(step)),
    };

    /// <summary>The same, but what is the same here is held once, and what belongs to another group by now is left to that.</summary>
    public KnownGroup Sharing(LocalGroup here)
    {
        var shared = this;
        if (Service is { } service && here.Service is { } own && !ReferenceEquals(service, own) && CatalogForm.AreSame(service, own))
        {
            shared = shared with { Service = own };
        }

        foreach (var (check, _) in here.Checks)
        {
            if (Checks.TryGetValue(check.CheckId, out var known) && !ReferenceEquals(known, check) && CatalogForm.AreSame(known, check))
            {
                shared = shared with { Checks = shared.Checks.SetItem(check.CheckId, check) };
            }
        }

        return shared;
    }
}
