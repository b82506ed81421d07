using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>Matches out of the control plane (intentions MAT-3).</summary>
internal sealed class EmbeddedMatches(IntentionStore intentions, TokenResolver tokens) : IEmbeddedRead<MatchNames, IReadOnlyList<IntentionMatch>>
{
    // One for all reads that wait.
    private readonly Func<string, object?> _rights = tokens.TryResolve;

    public string Name => MatchRead.Instance.Name;

    public Task<ServerRead<IReadOnlyList<IntentionMatch>>> ReadAsync(MatchNames request, ServerQuery query, CancellationToken cancellationToken)
    {
        try
        {
            RequireRead(request, query.Token);
        }
        catch (ServerException error)
        {
            return Task.FromException<ServerRead<IReadOnlyList<IntentionMatch>>>(error);
        }

        // Not awaited here: of each entry of the agent's cache one such call waits, and a frame of its own would be a tenth of its memory.
        return intentions.MatchAsync(
            request.ByDestination,
            request.Names,
            (Reads: this, Names: request, Token: query.Blocking.Blocks ? query.Token : null),
            static (matches, index, caller) =>
            {
                // What does not wait is answered by the rights that were looked at above.
                if (caller.Token is { } token)
                {
                    caller.Reads.RequireRead(caller.Names, token);
                }

                return new ServerRead<IReadOnlyList<IntentionMatch>>(matches, index);
            },
            new BlockingOptions(query.Blocking, _rights, query.Token),
            cancellationToken);
    }

    // intentions ACL-2: on every name asked; looked at again when a blocking read wakes.
    private void RequireRead(MatchNames names, string token) => tokens.Resolve(token).RequireIntentionRead(names.Names);
}
