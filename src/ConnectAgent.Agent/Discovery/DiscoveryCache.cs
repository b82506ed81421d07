using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Answers "where is my upstream" and its kin from the cache.</summary>
internal sealed class DiscoveryCache(AgentCache cache, IServerClient servers)
{
    /// <summary>Reads what the token may see now; what the cache holds is what it might see when it was fetched (acl ACL-SEC-2, ACL-SEC-3).</summary>
    /// <inheritdoc cref="AgentCache.GetAsync"/>
    public async Task<CacheAnswer<DiscoveryList>> GetAsync<TQuery>(
        DiscoveryKind<TQuery> kind, DiscoveryRequest<TQuery> request, CacheRead read, CancellationToken cancellationToken)
        where TQuery : DiscoveryQuery
    {
        if (request.Needs is not { } needs)
        {
            return await cache.GetAsync(kind, request, read, cancellationToken);
        }

        // TOKC-2: before anything is made for a token that is unknown.
        var rights = await servers.ResolveTokenAsync(request.Token, cancellationToken);
        foreach (var need in needs)
        {
            await rights.RequireAsync(need, cancellationToken);
        }

        var answer = await cache.GetAsync(kind, request, read, cancellationToken);
        rights = await servers.ResolveTokenAsync(request.Token, cancellationToken);
        return answer with { Value = await VisibleAsync(request, answer.Value, rights, cancellationToken) };
    }

    private static async ValueTask<DiscoveryList> VisibleAsync<TQuery>(
        DiscoveryRequest<TQuery> request, DiscoveryList value, TokenRights rights, CancellationToken cancellationToken)
        where TQuery : DiscoveryQuery
    {
        var needs = request.NeedsFor(value) ?? [];
        var allowed = await rights.AllowsEachAsync(needs, cancellationToken);
        if (allowed.All(static one => one))
        {
            return value;
        }

        var denied = needs.Where((_, at) => !allowed[at]).ToHashSet();
        foreach (var need in (request.Needs ?? []).Where(denied.Contains))
        {
            TokenRights.Require(allowed: false, need);
        }

        return request.Query.NameRight is { } right && denied.Contains(right)
            ? value.Where(static _ => false, isFiltered: true)
            : value.Without(denied);
    }
}
