using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Caching;

/// <summary>What a request must tell the cache.</summary>
/// <param name="Datacenter">After defaulting, never empty.</param>
/// <param name="Token">After defaulting; may be empty.</param>
internal abstract record CacheRequest(string Datacenter, string Token)
{
    /// <summary>The fields, besides token and datacenter, that change the answer.</summary>
    public abstract string Key { get; }

    /// <summary>
    /// What the token must be allowed, for the entry to be kept and given out (acl ACL-SEC-2); none: any token that exists will do. Null for what is
    /// public, where no token is looked at (TOKC-4).
    /// </summary>
    public virtual IReadOnlyList<AccessRequest>? Needs => null;

    /// <summary>Whether the entry needs no right to be made: the first to go when room is needed.</summary>
    public virtual bool IsCheap => false;

    /// <summary>Whether the entry counts against the token's bound; what the agent itself depends on does not.</summary>
    public virtual bool CountsForToken => true;
}
