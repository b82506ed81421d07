using System.Collections.Concurrent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>
/// What a token of remote servers may do, as far as it was asked: each new question is one call, and all that were asked are asked again together
/// when the token is resolved again.
/// </summary>
/// <param name="token">The secret; empty for the anonymous token.</param>
/// <param name="owner">Asks the servers.</param>
/// <param name="holder">The token itself.</param>
/// <param name="known">What is known already.</param>
internal sealed class RemoteRights(
    string token, RemoteTokens owner, RemoteToken holder, IEnumerable<KeyValuePair<AclQuestion, bool>> known) : TokenRights
{
    /// <summary>Questions held for one token; over it, all are asked anew.</summary>
    public const int MostKnown = 4096;

    private readonly ConcurrentDictionary<AclQuestion, Task<bool>> _asking = new();

    /// <summary>What the servers have answered.</summary>
    public ConcurrentDictionary<AclQuestion, bool> Known { get; } = new(known);

    /// <summary>Only what is known: what has not been asked is not allowed.</summary>
    public override bool Allows(AclResource resource, string segment, AclAccess access) =>
        Known.TryGetValue(new AclQuestion(resource, segment, access), out var allowed) && allowed;

    public override ValueTask<bool> AllowsAsync(AclQuestion question, CancellationToken cancellationToken) =>
        Known.TryGetValue(question, out var allowed) ? new(allowed) : new(AskAsync(question).WaitAsync(cancellationToken));

    /// <summary>Never: the servers' own answer to a snapshot is what counts.</summary>
    public override bool Snapshot() => false;

    // Who may have a service's leaf asks next about its intentions (acl ACL-PERM-3).
    private static AclQuestion[] WithItsLike(AclQuestion question) => question switch
    {
        (AclResource.Service, var name, AclAccess.Write) => [question, new AclQuestion(AclResource.Intention, name, AclAccess.Read)],
        _ => [question],
    };

    // One call for all who ask the same (ACL-RES-6); no caller's end ends it.
    private Task<bool> AskAsync(AclQuestion question) => _asking.GetOrAdd(question, asked => Task.Run(() => AskOnceAsync(asked), CancellationToken.None));

    private async Task<bool> AskOnceAsync(AclQuestion question)
    {
        try
        {
            owner.Metrics.Missed();
            var answers = await owner.AskAsync(token, WithItsLike(question));
            if (Known.Count + answers.Count > MostKnown)
            {
                Known.Clear();
            }

            foreach (var (asked, allowed) in answers)
            {
                Known[asked] = allowed;
            }

            return answers[question];
        }
        catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
        {
            holder.Deny();
            throw;
        }
        catch (ServerException error) when (error.Kind == FailureKind.AclDisabled)
        {
            return owner.TurnOff().Allows(question.Resource, question.Segment, question.Access);
        }
        catch (ServerException)
        {
            owner.Metrics.Away();
            return owner.Unasked().Allows(question.Resource, question.Segment, question.Access);
        }
        finally
        {
            _asking.TryRemove(question, out _);
        }
    }
}
