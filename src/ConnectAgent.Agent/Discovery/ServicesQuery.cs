using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Which services there are, with their tags (services CAT-11).</summary>
public sealed class ServicesQuery : DiscoveryQuery
{
    /// <summary>Says which count.</summary>
    /// <param name="nodeMeta">What a node must have for its instances to count: <c>name:value</c>.</param>
    /// <param name="filter">An expression that the servers evaluate; empty for none.</param>
    [JsonConstructor]
    public ServicesQuery(IReadOnlyList<string> nodeMeta, string filter)
    {
        (NodeMeta, Filter) = (InOrder(nodeMeta), filter);
        Target = TargetOf("catalog/services", [.. NodeMeta.Select(static meta => ("node-meta", meta)), .. Optional("filter", filter)]);
    }

    public IReadOnlyList<string> NodeMeta { get; }

    public string Filter { get; }

    [JsonIgnore]
    public override string Target { get; }
}
