using System.Collections.Concurrent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Servers.Tokens;

/// <summary>
/// What a token of remote servers may do, as far as it was asked: each new request is one call, and all that were asked are asked again together
/// when the token is resolved again.
/// </summary>
/// <param name="token">The secret; empty for the anonymous token.</param>
/// <param name="owner">Asks the servers.</param>
/// <param name="holder">The token itself.</param>
internal sealed class RemoteRights(string token, RemoteTokens owner, RemoteToken holder) : TokenRights
{
    /// <summary>Requests held for one token; over it, all are asked anew.</summary>
    [Limit("acl.remote_answers", "answers of one token", "all are dropped and asked again")]
    public const int MostKnown = 4096;

    /// <summary>The same in bytes: callers spell what is asked.</summary>
    [Limit("acl.remote_answers_size", "bytes, what is known of one token", "all are dropped and asked again")]
    public const int MostBytes = 1024 * 1024;

    // An entry of the table beside its name.
    private const int EntryBytes = 96;

    private readonly SingleFlight<AccessRequest, bool> _asking = new();
    private readonly ConcurrentDictionary<AccessRequest, bool> _known = new();
    private readonly Lock _gate = new();
    private int _bytes;

    /// <summary>About how much memory the answers take.</summary>
    public int Bytes => Volatile.Read(ref _bytes);

    /// <summary>All that was asked and is known.</summary>
    public IReadOnlyCollection<AccessRequest> Requests => [.. _known.Keys];

    /// <summary>Only what is known: what has not been asked is not allowed.</summary>
    public override bool Allows(AclResource resource, string segment, AclAccess access) =>
        _known.TryGetValue(new AccessRequest(resource, segment, access), out var allowed) && allowed;

    public override ValueTask<bool> AllowsAsync(AccessRequest requested, CancellationToken cancellationToken) =>
        _known.TryGetValue(requested, out var allowed) ? new(allowed) : new(AskAsync(requested).WaitAsync(cancellationToken));

    public override async ValueTask<IReadOnlyList<bool>> AllowsEachAsync(IReadOnlyList<AccessRequest> requests, CancellationToken cancellationToken)
    {
        // Looked at once: what is known may be dropped meanwhile.
        Dictionary<AccessRequest, bool> answers = new(requests.Count);
        List<AccessRequest> unknown = [];
        foreach (var requested in requests.Distinct())
        {
            if (_known.TryGetValue(requested, out var allowed))
            {
                answers.Add(requested, allowed);
            }
            else
            {
                unknown.Add(requested);
            }
        }

        if (unknown.Count > 0)
        {
            foreach (var (requested, allowed) in await AskOnceAsync(unknown).WaitAsync(cancellationToken))
            {
                answers[requested] = allowed;
            }
        }

        return [.. requests.Select(requested => answers[requested])];
    }

    /// <summary>Keeps what the servers have answered.</summary>
    public void Keep(IReadOnlyDictionary<AccessRequest, bool> answers)
    {
        lock (_gate)
        {
            var more = answers.Keys.Where(requested => !_known.ContainsKey(requested)).Sum(BytesOf);
            if (_known.Count + answers.Count > MostKnown || _bytes + more > MostBytes)
            {
                _known.Clear();
                (_bytes, more) = (0, answers.Keys.Sum(BytesOf));
            }

            if (more <= MostBytes && answers.Count <= MostKnown)
            {
                foreach (var (asked, allowed) in answers)
                {
                    _known[asked] = allowed;
                }

                _bytes += more;
            }
        }

        owner.Trim();
    }

    /// <summary>Whether the servers answer something else now.</summary>
    public bool Differs(IReadOnlyDictionary<AccessRequest, bool> answers) =>
        answers.Any(answer => _known.TryGetValue(answer.Key, out var before) && before != answer.Value);

    /// <summary>Never: the servers' own answer to a snapshot is what counts.</summary>
    public override bool Snapshot() => false;

    // Who may have a service's leaf asks next about its intentions (acl ACL-PERM-3).
    private static AccessRequest[] WithItsLike(AccessRequest requested) => requested switch
    {
        (AclResource.Service, var name, AclAccess.Write) => [requested, new AccessRequest(AclResource.Intention, name, AclAccess.Read)],
        _ => [requested],
    };

    private static int BytesOf(AccessRequest requested) => EntryBytes + (2 * requested.Segment.Length);

    // One call for all who ask the same (ACL-RES-6); no caller's end ends it.
    private Task<bool> AskAsync(AccessRequest requested) =>
        _asking.RunAsync(requested, async () => (await AskOnceAsync(WithItsLike(requested)))[requested]);

    private async Task<IReadOnlyDictionary<AccessRequest, bool>> AskOnceAsync(IReadOnlyCollection<AccessRequest> requests)
    {
        try
        {
            owner.Metrics.Missed();
            var answers = await owner.AskAsync(token, requests);
            Keep(answers);
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
            owner.Metrics.Unreachable();
            return AllBy(owner.Unasked());
        }

        Dictionary<AccessRequest, bool> AllBy(TokenRights rights) =>
            requests.ToDictionary(static requested => requested, requested => rights.Allows(requested));
    }
}
