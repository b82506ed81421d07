using System.Collections.Concurrent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

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
    [Limit("acl.remote_answers", "answers of one token", "all are asked anew")]
    public const int MostKnown = 4096;

    private readonly ConcurrentDictionary<AclQuestion, Task<bool>> _asking = new();

    /// <summary>What the servers have answered.</summary>
    public ConcurrentDictionary<AclQuestion, bool> Known { get; } = new(known);

    /// <summary>Only what is known: what has not been asked is not allowed.</summary>
    public override bool Allows(AclResource resource, string segment, AclAccess access) =>
        Known.TryGetValue(new AclQuestion(resource, segment, access), out var allowed) && allowed;

    public override ValueTask<bool> AllowsAsync(AclQuestion question, CancellationToken cancellationToken) =>
        Known.TryGetValue(question, out var allowed) ? new(allowed) : new(AskAsync(question).WaitAsync(cancellationToken));

    public override async ValueTask<IReadOnlyList<bool>> AllowsEachAsync(IReadOnlyList<AclQuestion> questions, CancellationToken cancellationToken)
    {
        // Looked at once: what is known may be dropped meanwhile.
        Dictionary<AclQuestion, bool> answers = new(questions.Count);
        List<AclQuestion> unknown = [];
        foreach (var question in questions.Distinct())
        {
            if (Known.TryGetValue(question, out var allowed))
            {
                answers.Add(question, allowed);
            }
            else
            {
                unknown.Add(question);
            }
        }

        if (unknown.Count > 0)
        {
            foreach (var (question, allowed) in await AskOnceAsync(unknown).WaitAsync(cancellationToken))
            {
                answers[question] = allowed;
            }
        }

        return [.. questions.Select(question => answers[question])];
    }

    /// <summary>Never: the servers' own answer to a snapshot is what counts.</summary>
    public override bool Snapshot() => false;

    // Who may have a service's leaf asks next about its intentions (acl ACL-PERM-3).
    private static AclQuestion[] WithItsLike(AclQuestion question) => question switch
    {
        (AclResource.Service, var name, AclAccess.Write) => [question, new AclQuestion(AclResource.Intention, name, AclAccess.Read)],
        _ => [question],
    };

    // One call for all who ask the same (ACL-RES-6); no caller's end ends it.
    private Task<bool> AskAsync(AclQuestion question) => _asking.GetOrAdd(question, asked => Task.Run(async () =>
    {
        try
        {
            return (await AskOnceAsync(WithItsLike(asked)))[asked];
        }
        finally
        {
            _asking.TryRemove(asked, out _);
        }
    }, CancellationToken.None));

    private async Task<IReadOnlyDictionary<AclQuestion, bool>> AskOnceAsync(IReadOnlyCollection<AclQuestion> questions)
    {
        try
        {
            owner.Metrics.Missed();
            var answers = await owner.AskAsync(token, questions);
            if (Known.Count + answers.Count > MostKnown)
            {
                Known.Clear();
            }

            foreach (var (asked, allowed) in answers)
            {
                Known[asked] = allowed;
            }

            return answers;
        }
        catch (ServerException error) when (error.Kind == FailureKind.UnknownToken)
        {
            holder.Deny();
            throw;
        }
        catch (ServerException error) when (error.Kind == FailureKind.AclDisabled)
        {
            return AllBy(owner.TurnOff());
        }
        catch (ServerException)
        {
            owner.Metrics.Away();
            return AllBy(owner.Unasked());
        }

        Dictionary<AclQuestion, bool> AllBy(TokenRights rights) =>
            questions.ToDictionary(static question => question, question => rights.Allows(question.Resource, question.Segment, question.Access));
    }
}
