using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;

namespace ConnectAgent.Agent.Discovery;

/// <summary>What is asked, and on whose behalf.</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">After defaulting.</param>
internal sealed record DiscoveryRequest<TQuery>(string Datacenter, string Token, TQuery Query) : CacheRequest(Datacenter, Token)
    where TQuery : DiscoveryQuery
{
    public override string Key => Query.Target;

    /// <summary>
    /// Lists need any token that exists: what it may not see is left out (services HLT-8). One chain needs its right (DCH-1), and which datacenters there
    /// are is public (acl ACL-PERM-23).
    /// </summary>
    public override IReadOnlyList<AccessRequest>? Needs => Query switch
    {
        DatacentersQuery => null,
        ChainQuery { NameRight: { } right } => [right],
        _ => [],
    };

    /// <summary>What the token must be allowed to be given all of a value; null for nothing, not even a token that is known.</summary>
    public IReadOnlyList<AccessRequest>? NeedsFor(DiscoveryList value) => Needs is null ? null
        : Query.NameRight is { } right && (Query is ChainQuery || value.Items.Count > 0) ? [right, .. value.Needs] : value.Needs;
}
