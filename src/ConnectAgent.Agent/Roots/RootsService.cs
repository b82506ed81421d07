using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Agent.Roots;

/// <summary>Answers "whom do I trust" from the cache.</summary>
internal sealed class RootsService(AgentCache cache, RootsKind kind)
{
    /// <inheritdoc cref="AgentCache.GetAsync"/>
    public ValueTask<CacheAnswer<CaRoots>> GetAsync(RootsRequest request, CacheRead read, CancellationToken cancellationToken) =>
        cache.GetAsync(kind, request, read, cancellationToken);

    /// <summary>The roots as cached, for another part of the agent; they need no token (leaf-certificates LEAF-30).</summary>
    public async ValueTask<CacheAnswer<CaRoots>> ForDatacenterAsync(string datacenter, CancellationToken cancellationToken) =>
        await cache.GetAsync(kind, new RootsRequest(datacenter), default, cancellationToken);

    /// <summary>The roots if they are cached already.</summary>
    public CaRoots? Peek(string datacenter) => cache.Find(kind, datacenter, string.Empty, [])?.Current.Value;

    /// <summary>A read without filter and index that memory can answer; nothing is made or counted where it cannot.</summary>
    public bool TryRead(string datacenter, string token, out CacheAnswer<CaRoots> answer)
    {
        answer = default;
        return cache.Find(kind, datacenter, token, []) is { } entry && cache.TryRead(kind, entry, out answer);
    }
}
