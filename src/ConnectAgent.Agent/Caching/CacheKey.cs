namespace ConnectAgent.Agent.Caching;

/// <summary>
/// Where an entry lives: nobody reaches it but with the exact token and datacenter that filled it (agent-cache CACHE-2). Structured, so
/// that no token can spell another entry's key.
/// </summary>
/// <param name="Kind">The cache type's name, for instance <c>connect-ca-root</c>.</param>
/// <param name="Datacenter">After defaulting, never empty.</param>
/// <param name="Token">The secret text after defaulting; empty is its own partition. Never printed.</param>
/// <param name="Request">The fields that change the answer.</param>
internal sealed record CacheKey(string Kind, string Datacenter, string Token, string Request)
{
    public override string ToString() => $"{Kind}@{Datacenter}/{Request}";
}
