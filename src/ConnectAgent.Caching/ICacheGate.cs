using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Caching;

/// <summary>Whether a token may have what the cache holds for it (acl ACL-SEC-2, agent-cache TOKC-2). Exactly one is registered.</summary>
internal interface ICacheGate
{
    /// <summary>Whether a request for what is public comes with a token that nobody knows; nobody is asked (TOKC-4).</summary>
    bool IsUnknown(CacheRequest request);

    /// <summary>Asks for the rights as they are now; nothing is asked about what is public.</summary>
    /// <exception cref="ServerException"><c>ACL not found</c>, <c>Permission denied</c>.</exception>
    ValueTask RequireAsync(CacheRequest request, CancellationToken cancellationToken);

    /// <summary>
    /// Whether what the token of a request was allowed may be taken as allowed by another life of the agent (<see cref="Remember"/>). Not what nobody
    /// has vouched for: while servers say that they have no ACLs, any word is a token (acl ACL-RES-8).
    /// </summary>
    bool MayOutlive(CacheRequest request);

    /// <summary>What a former life of the agent held, its token was allowed; null for what is public.</summary>
    void Remember(string token, IReadOnlyList<AccessRequest>? needs);
}
