using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>The CA's provider and its options.</summary>
public sealed record CaConfiguration
{
    /// <summary><c>consul</c> or <c>vault</c>.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's options, as it names them. Secrets are shown as <c>hidden</c>, and <c>hidden</c> keeps them.</summary>
    public required IReadOnlyDictionary<string, JsonElement> Config { get; init; }

    /// <summary>Whether a root may be replaced without the former one signing it.</summary>
    public bool ForceWithoutCrossSigning { get; init; }

    /// <summary>Of the last change.</summary>
    public ulong ModifyIndex { get; init; }
}

internal sealed record RevokeBody
{
    public string? SerialNumber { get; init; }

    [JsonPropertyName("SpiffeID")]
    public string? SpiffeId { get; init; }
}
