using System.Text.Json.Serialization;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Leaves;

/// <summary>How leaves are sealed, their keys included.</summary>
internal sealed class LeafCodec() : SealedCodec<LeafRequest, LeafCertificate, SealedLeaf>(SealedLeafJson.Default.SealedLeaf)
{
    public static LeafCodec Instance { get; } = new();

    protected override SealedLeaf Describe(LeafRequest request, LeafCertificate value) =>
        new() { Request = request.Service, Leaf = value, AuthorityKeyId = value.AuthorityKeyId };

    protected override (LeafRequest Request, LeafCertificate Value)? Restore(SealedLeaf document) => document.Leaf is { } leaf
        ? (new LeafRequest(document.Datacenter, document.Token, document.Request), leaf with { AuthorityKeyId = document.AuthorityKeyId ?? string.Empty })
        : null;
}

/// <summary>The sealed form; its request is the service.</summary>
internal sealed record SealedLeaf : SealedDocument
{
    public LeafCertificate? Leaf { get; init; }

    /// <summary>No part of the leaf as callers get it.</summary>
    public string? AuthorityKeyId { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedLeaf))]
internal sealed partial class SealedLeafJson : JsonSerializerContext;
