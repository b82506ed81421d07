namespace ConnectAgent.Protocol.Services;

/// <summary>A node of the catalog (services DATA-8).</summary>
public sealed record CatalogNode
{
    /// <summary>A UUID, or empty.</summary>
    public string Id { get; init; } = string.Empty;

    /// <summary>Found without regard to letter case.</summary>
    public required string Name { get; init; }

    public string Address { get; init; } = string.Empty;

    public string Datacenter { get; init; } = string.Empty;

    /// <summary>Null when none were given (CAT-3); the wire shows the difference.</summary>
    public IReadOnlyDictionary<string, string>? TaggedAddresses { get; init; }

    /// <inheritdoc cref="TaggedAddresses"/>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}
