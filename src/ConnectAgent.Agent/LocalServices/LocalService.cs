using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>A service that is registered with this agent, as it is kept and as it is seen. Immutable.</summary>
internal sealed record LocalService
{
    private readonly NodeService? _visible;

    /// <summary>As its owner sent it, with the defaults of a registration (services REG-13). Central configuration never changes it (CENT-1).</summary>
    public required NodeService Stored { get; init; }

    /// <summary>Its token as it is kept on disk (<see cref="TokenSeal"/>); null for none.</summary>
    public string? SealedToken { get; init; }

    /// <summary>The ID of the service whose registration made this one as its sidecar (SIDE-7); null for none.</summary>
    public string? SidecarOf { get; init; }

    /// <summary>Whether a configuration file defines it, so that it goes when the file no longer does (AG-29).</summary>
    public bool IsFromFile { get; init; }

    /// <summary>What it is registered in the catalog with; empty for none. Never shown or logged.</summary>
    [JsonIgnore]
    public string Token { get; init; } = string.Empty;

    /// <summary>Tags that were taken over from the catalog (AE-3); null for none.</summary>
    [JsonIgnore]
    public IReadOnlyList<string>? CatalogTags { get; init; }

    /// <summary>What readers and the catalog see: with central configuration and the tags of the catalog.</summary>
    [JsonIgnore]
    public NodeService Visible
    {
        get => _visible ?? Stored;
        init => _visible = value;
    }

    [JsonIgnore]
    public string Id => Stored.Id;

    // Records print their members.
    public override string ToString() => $"service {Id}";
}
