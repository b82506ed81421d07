namespace ConnectAgent.Http.Wire;

/// <summary>What the meta data of a node must hold (http-conventions FLT-2).</summary>
internal sealed class NodeMetaFilter
{
    private readonly Dictionary<string, string> _required = new(StringComparer.Ordinal);

    private NodeMetaFilter()
    {
    }

    public bool IsEmpty => _required.Count == 0;

    /// <summary>Reads pairs of <c>name:value</c>: split at the first colon, without one the value is empty; the later of two with one name counts.</summary>
    public static NodeMetaFilter Parse(IReadOnlyList<string> pairs)
    {
        var filter = new NodeMetaFilter();
        foreach (var pair in pairs)
        {
            var colon = pair.IndexOf(':', StringComparison.Ordinal);
            filter._required[colon < 0 ? pair : pair[..colon]] = colon < 0 ? string.Empty : pair[(colon + 1)..];
        }

        return filter;
    }

    /// <summary>Whether all of it is there.</summary>
    public bool Matches(IReadOnlyDictionary<string, string>? meta) =>
        _required.All(pair => meta is not null && meta.TryGetValue(pair.Key, out var value) && value == pair.Value);
}
