using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Agent.Authorization;

/// <summary>Whose intentions (agent-cache CACHE-43: the spelling of the names is part of the key).</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">After defaulting.</param>
/// <param name="Names">What the servers are asked for.</param>
/// <param name="Spelling">The names as the caller wrote them.</param>
internal sealed record MatchRequest(string Datacenter, string Token, MatchNames Names, string Spelling) : CacheRequest(Datacenter, Token)
{
    public override string Key => Spelling;

    /// <summary>
    /// The request that authorize makes: it spells the namespace (CACHE-43). A target with a slash is one name, which no match can spell.
    /// </summary>
    public static MatchRequest ForTarget(string datacenter, string token, string target) => new(
        datacenter,
        token,
        new MatchNames(ByDestination: true, [target]),
        (target.Contains('/', StringComparison.Ordinal) ? "target:" : "destination:default/") + target);

    /// <summary>The request of a match with the names as spelled; two lists of names never share a spelling.</summary>
    public static MatchRequest ForNames(string datacenter, string token, MatchNames names, IReadOnlyList<string> asSpelled) =>
        new(datacenter, token, names, (names.ByDestination ? "destination" : "source") + (asSpelled.Count == 1
            ? ":" + asSpelled[0]
            : "#" + string.Join(',', asSpelled.Select(name => $"{name.Length}:{name}"))));
}

/// <summary>The cache type <c>intention-match</c>.</summary>
internal sealed class IntentionMatchKind(IServerClient servers) : CacheKind<MatchRequest, IReadOnlyList<IntentionMatch>>
{
    public override string Name => "intention-match";

    // An intention with its decision takes about 400 bytes beside its texts.
    public override long SizeOf(IReadOnlyList<IntentionMatch> value) => value.Sum(match => match.Intentions.Sum(intention =>
        400 + (sizeof(char) * (intention.SourceName.Length + intention.DestinationName.Length + (intention.Description?.Length ?? 0)))));

    public override async Task<ServerRead<IReadOnlyList<IntentionMatch>>?> FetchAsync(
        FetchContext<MatchRequest, IReadOnlyList<IntentionMatch>> context, CancellationToken cancellationToken) =>
        await servers.MatchIntentionsAsync(
            context.Request.Names,
            new ServerQuery(context.Request.Datacenter, context.Request.Token, context.Index, FetchWait),
            cancellationToken);
}
