using System.Text.Json.Serialization;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Revocation;

/// <summary>How the list of what is revoked is sealed.</summary>
internal sealed class RevocationCodec() : SealedCodec<RevocationRequest, RevocationLookup, SealedRevocations>(SealedRevocationsJson.Default.SealedRevocations)
{
    public static RevocationCodec Instance { get; } = new();

    protected override SealedRevocations Describe(RevocationRequest request, RevocationLookup value) => new() { Revoked = value.List };

    protected override (RevocationRequest Request, RevocationLookup Value)? Restore(SealedRevocations document) => document.Revoked is { } list
        ? (new RevocationRequest(document.Datacenter), RevocationLookup.Of(list))
        : null;
}

/// <summary>The sealed form.</summary>
internal sealed record SealedRevocations : SealedDocument
{
    public RevocationList? Revoked { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedRevocations))]
internal sealed partial class SealedRevocationsJson : JsonSerializerContext;
