using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Answers "where is my upstream" from the cache.</summary>
internal sealed class UpstreamHealth(AgentCache cache, HealthKind kind, IServerClient servers)
{
    /// <summary>Reads what the token may see now; what the cache holds is what it might see when it was fetched (acl ACL-SEC-2, ACL-SEC-3).</summary>
    /// <inheritdoc cref="AgentCache.GetAsync"/>
    public async Task<CacheAnswer<ServiceHealth>> GetAsync(HealthRequest request, CacheRead read, CancellationToken cancellationToken)
    {
        // TOKC-2: before anything is made for a token that is unknown.
        await servers.ResolveTokenAsync(request.Token, cancellationToken);
        var answer = await cache.GetAsync(kind, request, read, cancellationToken);
        var rights = await servers.ResolveTokenAsync(request.Token, cancellationToken);
        return answer with { Value = await VisibleAsync(request, answer.Value, rights, cancellationToken) };
    }

    private static async ValueTask<ServiceHealth> VisibleAsync(
        HealthRequest request, ServiceHealth value, TokenRights rights, CancellationToken cancellationToken)
    {
        var needs = request.NeedsFor(value);
        var allowed = await rights.AllowsEachAsync(needs, cancellationToken);
        if (allowed.All(static one => one))
        {
            return value;
        }

        var denied = needs.Where((_, at) => !allowed[at]).ToHashSet();
        return request.Query.Connect && denied.Contains(request.NameRight)
            ? value.Where(static _ => false, isFiltered: true)
            : value.Without(denied);
    }
}
