using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Authorization;

/// <summary>How matches are sealed.</summary>
internal sealed class MatchCodec() : SealedCodec<MatchRequest, IReadOnlyList<IntentionMatch>, SealedMatch>(SealedMatchJson.Default.SealedMatch)
{
    public static MatchCodec Instance { get; } = new();

    protected override SealedMatch Describe(MatchRequest request, IReadOnlyList<IntentionMatch> value) => new()
    {
        Request = request.Spelling,
        MatchNames = request.Names.Names,
        MatchByDestination = request.Names.ByDestination,
        Matches = [.. value.Select(match => match.Intentions)],
    };

    protected override (MatchRequest Request, IReadOnlyList<IntentionMatch> Value)? Restore(SealedMatch document) =>
        document is { Matches: { } matches, MatchNames: { } names } && names.Count == matches.Count
            ? (new MatchRequest(document.Datacenter, document.Token, new MatchNames(document.MatchByDestination, names), document.Request),
                [.. matches.Select(list => document.MatchByDestination ? IntentionMatch.ForDestination(list) : IntentionMatch.ForSource(list))])
            : null;
}

/// <summary>The sealed form; its request is the spelling of the names.</summary>
internal sealed record SealedMatch : SealedDocument
{
    public IReadOnlyList<string>? MatchNames { get; init; }

    public bool MatchByDestination { get; init; }

    public IReadOnlyList<IReadOnlyList<Intention>>? Matches { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedMatch))]
internal sealed partial class SealedMatchJson : JsonSerializerContext;
