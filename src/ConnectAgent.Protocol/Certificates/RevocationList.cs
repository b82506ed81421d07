using System.Text.Json.Serialization;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>
/// One revocation (intentions DEF-12; fields in output order): either of one certificate, by its serial, or of all certificates of an identity
/// up to a moment. Immutable. Holds no secret: whoever may ask for a decision may read it.
/// </summary>
public sealed record RevocationEntry
{
    /// <summary>The certificate's serial (CERT-53); null when an identity is revoked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SerialNumber { get; init; }

    /// <summary>
    /// Where the certificate was signed. Serials are unique for one control plane only (CERT-48), and that one signs for its own datacenter only
    /// (CERT-73 no. 9), so the datacenter in a peer's SPIFFE ID tells whose serial it is.
    /// </summary>
    public required string Datacenter { get; init; }

    /// <summary>The identity, canonical; null when one certificate is revoked.</summary>
    [JsonPropertyName("SpiffeID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SpiffeId { get; init; }

    /// <summary>The identity's certificates that were signed before this are revoked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? IssuedBefore { get; init; }

    /// <summary>What the former means to those who see serials only: all certificates of the identity with a lower serial (CERT-53) are revoked.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SerialsBefore { get; init; }

    public required DateTimeOffset RevokedAt { get; init; }

    /// <summary>When the last certificate that this is about has ended; some time later it goes.</summary>
    public required DateTimeOffset ExpiresAt { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}

/// <summary>The answer of <c>GET /v1/connect/ca/revoked</c>. Immutable.</summary>
/// <param name="Revoked">In the order of the state's keys; empty, never null.</param>
public sealed record RevocationList(IReadOnlyList<RevocationEntry> Revoked)
{
    public static RevocationList Empty { get; } = new([]);
}
