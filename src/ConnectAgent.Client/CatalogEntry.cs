using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>An instance of a service, as the catalog shows it.</summary>
public sealed record CatalogEntry
{
    /// <summary>The node that it is on.</summary>
    public string Node { get; init; } = string.Empty;

    /// <summary>The node's address.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>The node's datacenter.</summary>
    public string Datacenter { get; init; } = string.Empty;

    /// <summary>Its ID, one on its node.</summary>
    [JsonPropertyName("ServiceID")]
    public string ServiceId { get; init; } = string.Empty;

    /// <summary>The service's name.</summary>
    public string ServiceName { get; init; } = string.Empty;

    /// <summary><c>connect-proxy</c> and the like; null or empty for an ordinary service.</summary>
    public string? ServiceKind { get; init; }

    /// <summary>Its address; empty: that of the node.</summary>
    public string ServiceAddress { get; init; } = string.Empty;

    /// <summary>Its port; 0 for none.</summary>
    public int ServicePort { get; init; }

    /// <summary>Its tags; null for none.</summary>
    public IReadOnlyList<string>? ServiceTags { get; init; }

    /// <summary>What was said about it besides; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? ServiceMeta { get; init; }
}

internal sealed record CatalogRemoval(string Node, [property: JsonPropertyName("ServiceID")] string? ServiceId);
