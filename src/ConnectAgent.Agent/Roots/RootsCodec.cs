using System.Text.Json.Serialization;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Roots;

/// <summary>How roots are sealed.</summary>
internal sealed class RootsCodec() : SealedCodec<RootsRequest, CaRoots, SealedRoots>(SealedRootsJson.Default.SealedRoots)
{
    public static RootsCodec Instance { get; } = new();

    protected override SealedRoots Describe(RootsRequest request, CaRoots value) => new() { Request = request.Filter, Roots = value };

    protected override (RootsRequest Request, CaRoots Value)? Restore(SealedRoots document) => document.Roots is { } roots
        ? (new RootsRequest(document.Datacenter, document.Token, document.Request), roots)
        : null;
}

/// <summary>The sealed form; its request is the filter.</summary>
internal sealed record SealedRoots : SealedDocument
{
    public CaRoots? Roots { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedRoots))]
internal sealed partial class SealedRootsJson : JsonSerializerContext;
