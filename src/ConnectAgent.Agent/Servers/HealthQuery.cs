using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.Servers;

/// <summary>Whose health is asked for: all that changes what the servers answer (services HLT-1, HLT-4). What the agent does itself is no part of it.</summary>
public sealed record HealthQuery
{
    /// <summary>Brings a query into one form: what is asked for in another order is the same query.</summary>
    /// <param name="connect">Whether what connects for the service is meant, or the service itself (services CAT-13).</param>
    /// <param name="service">Its name.</param>
    /// <param name="tags">Of which an instance must have all.</param>
    /// <param name="nodeMeta">What its node must have: <c>name:value</c>. The later of two with one name counts.</param>
    /// <param name="filter">An expression that the servers evaluate; empty for none.</param>
    [JsonConstructor]
    public HealthQuery(bool connect, string service, IReadOnlyList<string> tags, IReadOnlyList<string> nodeMeta, string filter)
    {
        // Names are without case (CAT-12); but connect needs a right to the name as it is spelled (HLT-8), so there each spelling is its own query.
        Connect = connect;
        Service = connect ? service : service.ToLowerInvariant();
        Tags = [.. tags.Order(StringComparer.Ordinal)];
        NodeMeta = [.. nodeMeta.OrderBy(static meta => meta.Split(':')[0], StringComparer.Ordinal)];
        Filter = filter;
        Target = (Connect ? "connect/" : "service/") + Uri.EscapeDataString(Service) + "?" + string.Join('&', Parameters());
    }

    public bool Connect { get; }

    public string Service { get; }

    public IReadOnlyList<string> Tags { get; }

    public IReadOnlyList<string> NodeMeta { get; }

    public string Filter { get; }

    /// <summary>Path and query below <c>/v1/health/</c>; different queries never have the same (GH-4987).</summary>
    [JsonIgnore]
    public string Target { get; }

    public bool Equals(HealthQuery? other) => other is not null && other.Target == Target;

    public override int GetHashCode() => Target.GetHashCode(StringComparison.Ordinal);

    private IEnumerable<string> Parameters() =>
    [
        .. Tags.Select(static tag => "tag=" + Uri.EscapeDataString(tag)),
        .. NodeMeta.Select(static meta => "node-meta=" + Uri.EscapeDataString(meta)),
        .. Filter.Length == 0 ? Array.Empty<string>() : ["filter=" + Uri.EscapeDataString(Filter)],
    ];
}
