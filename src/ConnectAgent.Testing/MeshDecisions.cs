using ConnectAgent.Agent.Authorization;
using ConnectAgent.Caching;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Testing;

/// <summary>What the agent decides by, beside what is written: it hears of a write by a blocking query, a moment later.</summary>
internal sealed class MeshDecisions(AgentCache cache, Authorizer authorizer, IntentionStore intentions)
{
    /// <summary>Waits until all that the agent has cached of intentions is as it is written now.</summary>
    public Task SettleAsync(CancellationToken cancellationToken) => Task.WhenAll(
        cache.Entries.Select(static entry => entry.Request).OfType<MatchRequest>().Select(request => SettleAsync(request, cancellationToken)));

    private async Task SettleAsync(MatchRequest request, CancellationToken cancellationToken)
    {
        var (written, _) = await intentions.MatchAsync(request.Names.ByDestination, request.Names.Names, default, cancellationToken);
        try
        {
            for (var known = await authorizer.MatchAsync(request, default, cancellationToken); !AreSame(known.Value, written);)
            {
                known = await authorizer.MatchAsync(request, new CacheRead(new(known.Index)), cancellationToken);
            }
        }
        catch (ServerException)
        {
            // Its token may not see them, and is refused in any case.
        }
    }

    private static bool AreSame(IReadOnlyList<IntentionMatch> known, IReadOnlyList<IntentionMatch> written) => Facts(known).SequenceEqual(Facts(written));

    private static IEnumerable<(string, string, string?, ulong)> Facts(IReadOnlyList<IntentionMatch> matches) =>
        matches.SelectMany(static match => match.Intentions).Select(static one => (one.SourceName, one.DestinationName, one.Action, one.ModifyIndex));
}
