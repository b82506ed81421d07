using ConnectAgent.Protocol.Services;

namespace ConnectAgent.ControlPlane.PreparedQueries;

/// <summary>Which instances a query means, and in which order they are tried (services PQ-5). Pure, but for the chance that is passed in.</summary>
internal static class QuerySelection
{
    private const char Not = '!';

    private static readonly IReadOnlyDictionary<string, string> NoMeta = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Whether an instance is one; what is said of it holds for a proxy itself, not for the service behind it.</summary>
    public static bool IsSelected(QueriedService query, InstanceHealth instance) =>
        instance.Checks.All(check => IsGood(query, check))
        && HasAll(instance.Node.Meta, query.NodeMeta)
        && HasAll(instance.Service.Meta, query.ServiceMeta)
        && (query.Tags ?? []).All(tag => tag.StartsWith(Not) ? !HasTag(instance, tag[1..]) : HasTag(instance, tag));

    /// <summary>In an order that spreads callers; what is on the node comes first.</summary>
    /// <param name="node">The name of the node that the caller wants to be near to; empty for none.</param>
    /// <param name="limit">0 for all.</param>
    /// <param name="random">The chance.</param>
    public static IReadOnlyList<InstanceHealth> Order(IEnumerable<InstanceHealth> instances, string node, int limit, Random random)
    {
        InstanceHealth[] shuffled = [.. instances];
        random.Shuffle(shuffled);

        // Nobody measures distances: only what is here is nearer.
        IEnumerable<InstanceHealth> ordered = node.Length == 0
            ? shuffled
            : shuffled.OrderByDescending(instance => instance.Node.Name.Equals(node, StringComparison.OrdinalIgnoreCase));
        return [.. limit > 0 ? ordered.Take(limit) : ordered];
    }

    private static bool IsGood(QueriedService query, HealthCheck check) =>
        (query.IgnoreCheckIds ?? []).Contains(check.CheckId, StringComparer.Ordinal)
        || (query.OnlyPassing ? check.Status == CheckStatus.Passing : check.Status != CheckStatus.Critical);

    private static bool HasAll(IReadOnlyDictionary<string, string>? meta, IReadOnlyDictionary<string, string>? wanted) =>
        (wanted ?? NoMeta).All(pair => meta?.TryGetValue(pair.Key, out var value) is true && value == pair.Value);

    private static bool HasTag(InstanceHealth instance, string tag) => instance.Service.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase);
}
