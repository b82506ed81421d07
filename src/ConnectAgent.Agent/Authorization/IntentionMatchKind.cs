using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Text;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Authorization;

/// <summary>Whose intentions (agent-cache CACHE-43: the spelling of the names is part of the key).</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">After defaulting.</param>
/// <param name="Names">What the servers are asked for.</param>
/// <param name="Spelling">The names as the caller wrote them.</param>
internal sealed record MatchRequest(string Datacenter, string Token, MatchNames Names, string Spelling) : CacheRequest(Datacenter, Token)
{
    /// <summary>What the key of a target begins with; the target follows.</summary>
    public const string TargetPrefix = "destination:default/";

    public override string Key => Spelling;

    /// <summary>intentions ACL-2: on every name asked; an empty one needs none.</summary>
    public override IReadOnlyList<AccessRequest> Needs =>
        [.. Names.Names.Where(name => name.Length > 0).Select(name => new AccessRequest(AclResource.Intention, name, AclAccess.Read))];

    /// <summary>The one name that is asked for.</summary>
    public string Target => Names.Names[0];

    /// <summary>
    /// The request that authorize makes: it spells the namespace (CACHE-43). A target with a slash is one name, which no match can spell.
    /// </summary>
    public static MatchRequest ForTarget(string datacenter, string token, string target) => new(
        datacenter,
        token,
        new MatchNames(ByDestination: true, [target]),
        (target.Contains('/', StringComparison.Ordinal) ? "target:" : TargetPrefix) + target);

    /// <summary>The request of a match with the names as spelled; two lists of names never share a spelling.</summary>
    public static MatchRequest ForNames(string datacenter, string token, MatchNames names, IReadOnlyList<string> asSpelled) =>
        new(datacenter, token, names, (names.ByDestination ? "destination" : "source") + (asSpelled.Count == 1
            ? ":" + asSpelled[0]
            : "#" + string.Join(',', asSpelled.Select(name => $"{name.Length}:{name}"))));
}

/// <summary>The cache type <c>intention-match</c>.</summary>
internal sealed class IntentionMatchKind(IServerClient servers, ILogger<IntentionMatchKind> logger)
    : CacheKind<MatchRequest, IReadOnlyList<IntentionMatch>>
{
    // Of one new value; a name has no longest length (CE-11).
    [Limit("log.unusable_permissions", "lines", "left out")]
    private const int MostWarnings = 10;
    [Limit("log.unusable_permissions_sought", "permissions", "not looked at for the log")]
    private const int MostWarnedOf = 200;
    [Limit("log.intention_name", "characters", "cut")]
    private const int LongestLoggedName = 100;

    public override string Name => "intention-match";

    public override SealedCodec<MatchRequest, IReadOnlyList<IntentionMatch>> Sealing => MatchCodec.Instance;

    public override long SizeOf(IReadOnlyList<IntentionMatch> value) => value.Sum(match => match.Intentions.Sum(IntentionSize.Of));

    /// <summary>Nobody has written anything about any of the names: they may well be made up.</summary>
    public override bool IsEmpty(IReadOnlyList<IntentionMatch> value) => value.All(match => match.Intentions.Count == 0);

    /// <summary>Nobody has written anything about any of the names but what holds for every name: they may be made up as well.</summary>
    public override bool IsGeneral(MatchRequest request, IReadOnlyList<IntentionMatch> value) => value.All(match => match.Intentions.All(
        intention => (request.Names.ByDestination ? intention.DestinationName : intention.SourceName) == Intention.Wildcard));

    public override Task<ServerRead<IReadOnlyList<IntentionMatch>>?> FetchAsync(
        FetchContext<MatchRequest, IReadOnlyList<IntentionMatch>> context, CancellationToken cancellationToken) =>
        servers.ReadAsync(
            MatchRead.Instance,
            context.Request.Names,
            context.Query(FetchWait),
            cancellationToken)!;

    /// <summary>DEF-14: stored unchecked, so the operator learns of it here. Compiles the expressions before the first request needs them.</summary>
    public override void Arrived(MatchRequest request, IReadOnlyList<IntentionMatch> value)
    {
        if (!request.Names.ByDestination)
        {
            return;
        }

        foreach (var (intention, positions) in value.SelectMany(match => match.Unusable(MostWarnedOf)).Take(MostWarnings))
        {
            logger.UnusablePermissions(
                GoQuote.Of(Short(intention.SourceName)), GoQuote.Of(Short(intention.DestinationName)), string.Join(',', positions.Take(MostWarnings)));
        }
    }

    private static string Short(string name) => name.Length <= LongestLoggedName ? name : name[..LongestLoggedName];
}
