using ConnectAgent.Agent.Identity;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Authorization;

/// <summary>Answers "may this peer connect to me", and "may it make this request", from the cache (intentions sections 7 and 8).</summary>
internal sealed class Authorizer(
    AgentCache cache, IntentionMatchKind kind, AgentIdentity agent, TimeProvider clock, ILogger<Authorizer> logger)
{
    private static readonly TimeSpan BetweenWarnings = TimeSpan.FromMinutes(1);
    private long _warnedAt;

    /// <summary>Decides for one connection.</summary>
    /// <inheritdoc cref="AuthorizeAsync(string, ServiceId, HttpAttributes?, string, CancellationToken)"/>
    public ValueTask<CacheAnswer<IntentionDecision>> AuthorizeAsync(
        string target, ServiceId client, string token, CancellationToken cancellationToken) =>
        AuthorizeAsync(target, client, request: null, token, cancellationToken);

    /// <summary>Decides for one connection or request.</summary>
    /// <param name="target">The destination as the caller spelled it.</param>
    /// <param name="client">The peer's identity; only namespace and service are compared (SPIF-4, SPIF-5).</param>
    /// <param name="request">The request; null asks about the connection.</param>
    /// <param name="token">The caller's token after defaulting.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    public ValueTask<CacheAnswer<IntentionDecision>> AuthorizeAsync(
        string target, ServiceId client, HttpAttributes? request, string token, CancellationToken cancellationToken)
    {
        var match = MatchTargetAsync(target, token, cancellationToken);
        return match.IsCompletedSuccessfully
            ? new ValueTask<CacheAnswer<IntentionDecision>>(Decide(match.Result, client, request))
            : AwaitAsync(match, client, request);
    }

    /// <summary>Decides the same, and tells how.</summary>
    /// <inheritdoc cref="AuthorizeAsync(string, ServiceId, HttpAttributes?, string, CancellationToken)"/>
    public async ValueTask<CacheAnswer<Explanation>> ExplainAsync(
        string target, ServiceId client, HttpAttributes? request, string token, CancellationToken cancellationToken)
    {
        var match = await MatchTargetAsync(target, token, cancellationToken);
        var answer = Decide(match, client, request);
        return new(Explanation.Of(answer, match.Value[0], client, request, agent.DefaultDecision), answer.Index, answer.Hit, answer.Age, answer.InContact);
    }

    /// <summary>Reads the match itself, for <c>?cached</c> (MAT-4).</summary>
    /// <inheritdoc cref="AgentCache.GetAsync"/>
    public ValueTask<CacheAnswer<IReadOnlyList<IntentionMatch>>> MatchAsync(
        MatchRequest request, CacheRead read, CancellationToken cancellationToken) =>
        cache.GetAsync(kind, request, read, cancellationToken);

    /// <summary>The cached intentions of a target, if they are there; nothing is made, waited for or counted.</summary>
    /// <param name="token">The caller's token after defaulting.</param>
    /// <param name="key"><see cref="MatchRequest.TargetPrefix"/> and the target, which has no slash.</param>
    public CacheEntry<MatchRequest, IReadOnlyList<IntentionMatch>>? Find(string token, ReadOnlySpan<char> key) =>
        cache.Find(kind, agent.Datacenter, token, key);

    /// <summary>Decides from what is cached, as <see cref="AuthorizeAsync(string, ServiceId, string, CancellationToken)"/> does.</summary>
    /// <param name="entry">The target's.</param>
    /// <param name="service">A peer of the default namespace.</param>
    /// <returns>False, and nothing is counted, when the caller would have to wait.</returns>
    public bool TryDecide(
        CacheEntry<MatchRequest, IReadOnlyList<IntentionMatch>> entry, ReadOnlySpan<char> service, out CacheAnswer<IntentionDecision> answer)
    {
        if (!cache.TryRead(kind, entry, out var match))
        {
            answer = default;
            return false;
        }

        answer = new(match.Value[0].Decide(service, request: null, agent.DefaultDecision), match.Index, match.Hit, match.Age, match.InContact);
        return true;
    }

    private ValueTask<CacheAnswer<IReadOnlyList<IntentionMatch>>> MatchTargetAsync(
        string target, string token, CancellationToken cancellationToken) =>
        cache.GetAsync(kind, MatchRequest.ForTarget(agent.Datacenter, token, target), default, cancellationToken);

    private async ValueTask<CacheAnswer<IntentionDecision>> AwaitAsync(
        ValueTask<CacheAnswer<IReadOnlyList<IntentionMatch>>> match, ServiceId client, HttpAttributes? request) =>
        Decide(await match, client, request);

    private CacheAnswer<IntentionDecision> Decide(
        CacheAnswer<IReadOnlyList<IntentionMatch>> match, ServiceId client, HttpAttributes? request)
    {
        // SPIF-5: a namespace other than "default", byte for byte, matches no intention.
        var decision = client.Namespace == SpiffeId.DefaultNamespace
            ? match.Value[0].Decide(client.Service, request, agent.DefaultDecision)
            : DecideForeign(client.Namespace);
        return new(decision, match.Index, match.Hit, match.Age, match.InContact);
    }

    // DEF-3: such a peer escapes every deny intention. Said at most once a minute, because the peer chooses how often it asks.
    private IntentionDecision DecideForeign(string name)
    {
        var (last, now) = (Volatile.Read(ref _warnedAt), clock.GetTimestamp());
        if (agent.DefaultDecision.Decision.Allowed
            && (last == 0 || clock.GetElapsedTime(last, now) >= BetweenWarnings)
            && Interlocked.CompareExchange(ref _warnedAt, now, last) == last)
        {
            logger.ForeignNamespaceAllowed(Protocol.Text.GoQuote.Of(name.Length <= 64 ? name : name[..64]));
        }

        return agent.DefaultDecision.Decision;
    }
}
