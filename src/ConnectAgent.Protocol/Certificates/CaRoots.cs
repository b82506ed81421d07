using System.Text.Json.Serialization;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>The roots document (ca CA-2, CA-3; fields in output order). Immutable.</summary>
public sealed record CaRoots
{
    [JsonPropertyName("ActiveRootID")]
    public required string ActiveRootId { get; init; }

    public required string TrustDomain { get; init; }

    /// <summary>Sorted by ID; exactly one is active.</summary>
    public required IReadOnlyList<CaRoot> Roots { get; init; }

    [JsonIgnore]
    public CaRoot? Active
    {
        get
        {
            // Asked on every hit of a leaf: no enumerator.
            for (var i = 0; i < Roots.Count; i++)
            {
                if (Roots[i].Active)
                {
                    return Roots[i];
                }
            }

            return null;
        }
    }
}

/// <summary>One root (CA-3; text forms CERT-50 to CERT-55).</summary>
public sealed record CaRoot
{
    /// <summary>SHA-1 of the DER, colon hex.</summary>
    [JsonPropertyName("ID")]
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>The low 64 bits of the serial.</summary>
    public required ulong SerialNumber { get; init; }

    /// <summary>SKI of the certificate that signs leaves in this datacenter, colon hex.</summary>
    [JsonPropertyName("SigningKeyID")]
    public required string SigningKeyId { get; init; }

    /// <summary>The raw cluster ID, case kept, without <c>.consul</c> (CERT-3).</summary>
    public required string ExternalTrustDomain { get; init; }

    public required DateTimeOffset NotBefore { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>PEM with a trailing newline.</summary>
    public required string RootCert { get; init; }

    /// <summary>PEM blocks a leaf's chain needs; null when there are none (CA-5).</summary>
    public IReadOnlyList<string>? IntermediateCerts { get; init; }

    public required bool Active { get; init; }

    /// <summary><c>ec</c> or <c>rsa</c>.</summary>
    public required string PrivateKeyType { get; init; }

    public required int PrivateKeyBits { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}
