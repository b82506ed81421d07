using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.Leaves;

/// <summary>Answers "who am I" from the cache (leaf-certificates section 5).</summary>
internal sealed class LeafService(AgentCache cache, LeafKind kind)
{
    /// <summary>Reads a service's leaf, issuing it at first.</summary>
    /// <param name="request">
    /// An empty service is refused with LEAF-7's words, one that no SPIFFE ID may have before it becomes a key. One with a slash has an entry, because
    /// only the roots tell LEAF-8's words.
    /// </param>
    /// <param name="read">Without an index the leaf is looked at again (LEAF-50).</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <exception cref="ServerException">LEAF-7 to LEAF-19.</exception>
    public ValueTask<CacheAnswer<LeafCertificate>> GetAsync(LeafRequest request, CacheRead read, CancellationToken cancellationToken) =>
        request.Service.Length == 0 ? throw new ServerException(FailureKind.Failed, "URI must be either service or agent")
            : !SpiffePath.IsSegment(request.Service)
            ? throw new ServerException(FailureKind.Invalid, $"Bad request: no SPIFFE ID may have the service name {GoQuote.Of(request.Service)}")
            : cache.GetAsync(kind, request, read, cancellationToken);

    /// <summary>Forgets a leaf whose token may not have it any more (LEAF-91).</summary>
    public void Forget(LeafRequest request) => cache.Forget(kind, request);

    /// <summary>Re-issues a leaf now, for an operator who does not want to wait for its renewal.</summary>
    /// <exception cref="ServerException">What the signer said; the old leaf stays.</exception>
    public Task<CacheAnswer<LeafCertificate>> RenewAsync(LeafRequest request, CancellationToken cancellationToken) =>
        cache.RenewAsync(kind, request, cancellationToken);

    /// <summary>The cached leaf of a key, if it is there; nothing is made, waited for or counted.</summary>
    /// <param name="key"><see cref="LeafRequest.KeyPrefix"/> and the service.</param>
    public CacheEntry<LeafRequest, LeafCertificate>? Find(string datacenter, string token, ReadOnlySpan<char> key) =>
        cache.Find(kind, datacenter, token, key);

    /// <inheritdoc cref="AgentCache.TryRead"/>
    public bool TryRead(CacheEntry<LeafRequest, LeafCertificate> entry, out CacheAnswer<LeafCertificate> answer) =>
        cache.TryRead(kind, entry, out answer);
}
