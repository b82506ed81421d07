using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Agent.Discovery;

/// <summary>What the catalog is asked for: all that changes what the servers answer. What the agent does itself is no part of it (agent-cache CACHE-43).</summary>
public abstract class DiscoveryQuery : IEquatable<DiscoveryQuery>
{
    /// <summary>Path and query below <c>/v1/</c>, up to where the next parameter goes; different queries never have the same (GH-4987).</summary>
    [JsonIgnore]
    public abstract string Target { get; }

    /// <summary>What a token must be allowed to see anything of the answer; null for nothing.</summary>
    [JsonIgnore]
    public virtual AccessRequest? NameRight => null;

    /// <summary>Whether a server can be asked for this: its path has a name.</summary>
    [JsonIgnore]
    public virtual bool IsAskable => true;

    public bool Equals(DiscoveryQuery? other) => other is not null && other.GetType() == GetType() && other.Target == Target;

    public override bool Equals(object? obj) => Equals(obj as DiscoveryQuery);

    public override int GetHashCode() => Target.GetHashCode(StringComparison.Ordinal);

    private protected static bool IsSegment(string name) => name is not ("" or "." or "..");

    /// <summary>A target with the parameters that are given.</summary>
    private protected static string TargetOf(string path, params IEnumerable<(string Name, string Value)> parameters) =>
        path + "?" + string.Join('&', parameters.Select(static parameter => parameter.Name + "=" + Uri.EscapeDataString(parameter.Value)));

    private protected static IEnumerable<(string Name, string Value)> Optional(string name, string value) => value.Length == 0 ? [] : [(name, value)];

    /// <summary>In one order: the later of two with one name counts.</summary>
    private protected static IReadOnlyList<string> InOrder(IReadOnlyList<string> nodeMeta) =>
        [.. nodeMeta.OrderBy(static meta => meta.Split(':')[0], StringComparer.Ordinal)];
}
