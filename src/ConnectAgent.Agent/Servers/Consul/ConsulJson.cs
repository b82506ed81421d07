using System.Text.Json.Serialization;
using ConnectAgent.Client.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>The JSON forms of the servers' answers. A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], RespectNullableAnnotations = true)]
[JsonSerializable(typeof(CaRoots))]
[JsonSerializable(typeof(RevocationList))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<ConsulIntention?>?>))]
[JsonSerializable(typeof(ConsulSignRequest))]
[JsonSerializable(typeof(ConsulSignature))]
[JsonSerializable(typeof(ConsulToken))]
[JsonSerializable(typeof(ConsulAclQuestion[]))]
[JsonSerializable(typeof(ConsulAclAnswer?[]))]
[JsonSerializable(typeof(ConsulLeaf))]
[JsonSerializable(typeof(string))]
internal sealed partial class ConsulJson : JsonSerializerContext;

/// <summary>An intention as any Consul server writes it, newer fields included (intentions IXN-1).</summary>
internal sealed record ConsulIntention
{
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    public string? Description { get; init; }

    [JsonPropertyName("SourceNS")]
    public string? SourceNamespace { get; init; }

    public required string SourceName { get; init; }

    [JsonPropertyName("DestinationNS")]
    public string? DestinationNamespace { get; init; }

    public required string DestinationName { get; init; }

    public string? SourcePeer { get; init; }

    public string? SourceType { get; init; }

    public string? Action { get; init; }

    public IReadOnlyList<IntentionPermission?>? Permissions { get; init; }

    [JsonConverter(typeof(SortedMapConverter))]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    public string? Hash { get; init; }

    public DateTimeOffset? CreatedAt { get; init; }

    public DateTimeOffset? UpdatedAt { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>
    /// Whether it can concern a peer of this mesh: one of a peered cluster or of a foreign namespace has the same names and means somebody else
    /// (SPIF-5).
    /// </summary>
    [JsonIgnore]
    public bool IsOurs => string.IsNullOrEmpty(SourcePeer) && IsOurNamespace(SourceNamespace) && IsOurNamespace(DestinationNamespace);

    public Intention ToIntention() => new()
    {
        Id = NullIfEmpty(Id),
        Description = NullIfEmpty(Description),
        SourceName = SourceName,
        DestinationName = DestinationName,
        SourceType = SourceType ?? "consul",
        Action = NullIfEmpty(Action),
        Permissions = Permissions is { Count: > 0 } permissions ? [.. permissions.Select(permission => permission!)] : null,
        Meta = Meta,
        Hash = NullIfEmpty(Hash),
        CreatedAt = CreatedAt,
        UpdatedAt = UpdatedAt,
        CreateIndex = CreateIndex,
        ModifyIndex = ModifyIndex,
    };

    private static bool IsOurNamespace(string? name) => name is null or "" or "*" || name.Equals("default", StringComparison.OrdinalIgnoreCase);

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}

/// <summary>The body of our signing call.</summary>
internal sealed record ConsulSignRequest(string Service, [property: JsonPropertyName("CSR")] string Csr);

/// <summary>What is needed of its answer.</summary>
internal sealed record ConsulSignature
{
    [JsonPropertyName("CertPEM")]
    public required string CertPem { get; init; }

    public ulong ModifyIndex { get; init; }
}

/// <summary>What is needed of a token; the secret is not read.</summary>
internal sealed record ConsulToken
{
    [JsonPropertyName("AccessorID")]
    public required string AccessorId { get; init; }

    public DateTimeOffset? ExpirationTime { get; init; }
}

/// <summary>A question about rights (acl ACL-AUZ-1).</summary>
internal sealed record ConsulAclQuestion(
    string Resource, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Segment, string Access);

/// <summary>What is needed of its answer.</summary>
internal sealed record ConsulAclAnswer
{
    public required bool Allow { get; init; }
}

/// <summary>What is needed of a leaf that a server's agent made (leaf-certificates LEAF-2).</summary>
internal sealed record ConsulLeaf
{
    [JsonPropertyName("CertPEM")]
    public required string CertPem { get; init; }

    [JsonPropertyName("PrivateKeyPEM")]
    public required string PrivateKeyPem { get; init; }

    // Records print their members; the key must not reach a log that way.
    public override string ToString() => nameof(ConsulLeaf);
}
