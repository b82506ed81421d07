using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Certificates;

/// <summary>A leaf with its key as the agent's endpoint shows it (leaf-certificates LEAF-2; fields in output order). Immutable.</summary>
public sealed record LeafCertificate
{
    // Thousands are held, and each is rendered once: two bytes for each character of their PEM would be most of what they take.
    private readonly CompactText _certPem;
    private readonly CompactText _privateKeyPem;

    /// <summary>Colon hex (CERT-53).</summary>
    public required string SerialNumber { get; init; }

    /// <summary>Leaf, then the intermediates (CERT-80).</summary>
    [JsonPropertyName("CertPEM")]
    public required string CertPem
    {
        get => _certPem.ToString();
        init => _certPem = new CompactText(value);
    }

    /// <summary><c>EC PRIVATE KEY</c>; never logged, never sent to a server.</summary>
    [JsonPropertyName("PrivateKeyPEM")]
    public required string PrivateKeyPem
    {
        get => _privateKeyPem.ToString();
        init => _privateKeyPem = new CompactText(value);
    }

    public required string Service { get; init; }

    [JsonPropertyName("ServiceURI")]
    public required string ServiceUri { get; init; }

    public required DateTimeOffset ValidAfter { get; init; }

    public required DateTimeOffset ValidBefore { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>The authority key identifier, compared with the active root's signing key (LEAF-48).</summary>
    [JsonIgnore]
    public string AuthorityKeyId { get; init; } = string.Empty;

    // Records print their members; a key must not reach a log that way.
    public override string ToString() => $"leaf {SerialNumber} of {Service}";
}
