using ConnectAgent.Agent.Caching;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Agent.Authorization;

/// <summary>Answers "may this peer connect to me" from the cache (intentions section 7).</summary>
internal sealed class Authorizer(AgentCache cache, IntentionMatchKind kind, AgentIdentity agent)
{
    /// <summary>Decides for one connection.</summary>
    /// <param name="target">The destination as the caller spelled it.</param>
    /// <param name="client">The peer's identity; only namespace and service are compared (SPIF-4, SPIF-5).</param>
    /// <param name="token">The caller's token after defaulting.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    public ValueTask<CacheAnswer<IntentionDecision>> AuthorizeAsync(
        string target, ServiceId client, string token, CancellationToken cancellationToken)
    {
        var match = cache.GetAsync(kind, MatchRequest.ForTarget(agent.Datacenter, token, target), default, cancellationToken);
        return match.IsCompletedSuccessfully
            ? new ValueTask<CacheAnswer<IntentionDecision>>(Decide(match.Result, client))
            : AwaitAsync(match, client);
    }

    /// <summary>Reads the match itself, for <c>?cached</c> (MAT-4).</summary>
    /// <inheritdoc cref="AgentCache.GetAsync"/>
    public ValueTask<CacheAnswer<IReadOnlyList<IntentionMatch>>> MatchAsync(
        MatchRequest request, CacheRead read, CancellationToken cancellationToken) =>
        cache.GetAsync(kind, request, read, cancellationToken);

    private async ValueTask<CacheAnswer<IntentionDecision>> AwaitAsync(ValueTask<CacheAnswer<IReadOnlyList<IntentionMatch>>> match, ServiceId client) =>
        Decide(await match, client);

    private CacheAnswer<IntentionDecision> Decide(CacheAnswer<IReadOnlyList<IntentionMatch>> match, ServiceId client)
    {
        // SPIF-5: a namespace other than "default", byte for byte, matches no intention.
        var decision = client.Namespace == SpiffeId.DefaultNamespace
            ? match.Value[0].Decide(client.Service, agent.DefaultDecision)
            : agent.DefaultDecision.Decision;
        return new(decision, match.Index, match.Hit, match.Age, match.InContact);
    }
}
