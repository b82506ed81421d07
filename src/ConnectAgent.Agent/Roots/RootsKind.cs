using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Roots;

/// <summary>Which roots document.</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">Part of the key although roots need no rights (agent-cache CACHE-2, TOKC-4).</param>
/// <param name="Filter">Ignored by the answer, but part of the key (agent-cache section 8).</param>
internal sealed record RootsRequest(string Datacenter, string Token = "", string Filter = "") : CacheRequest(Datacenter, Token)
{
    public override string Key => Filter;

    public override bool IsCheap => Token.Length > 0 || Filter.Length > 0;

    // Leaves of any token need the roots, so no token's bound may keep them out.
    public override bool CountsForToken => Filter.Length > 0;
}

/// <summary>The cache type <c>connect-ca-root</c>.</summary>
internal sealed class RootsKind(IServerClient servers) : CacheKind<RootsRequest, CaRoots>
{
    // A root beside its certificates.
    private const int SizeOfRoot = 500;

    public override string Name => "connect-ca-root";

    public override SealedCodec<RootsRequest, CaRoots> Sealing => RootsCodec.Instance;

    public override long SizeOf(CaRoots value) => value.Roots.Sum(root =>
        SizeOfRoot + (sizeof(char) * ((long)root.RootCert.Length + (root.IntermediateCerts ?? []).Sum(pem => (long)pem.Length))));

    /// <summary>CACHE-30, TOKC-4: roots are public, so one query for each datacenter serves every token.</summary>
    public override RootsRequest FedBy(RootsRequest request) => new(request.Datacenter);

    public override async Task<ServerRead<CaRoots>?> FetchAsync(
        FetchContext<RootsRequest, CaRoots> context, CancellationToken cancellationToken)
    {
        var read = await servers.ReadAsync(
            RootsRead.Instance,
            context.Request,
            context.Query(FetchWait),
            cancellationToken);

        // A query that ran out of its wait brings the same document again, for which not one of a thousand leaves need wake.
        return context.Value is { } held && read.StepFrom(context.Index) == IndexStep.Same && IsSame(held, read.Value) ? null : read;
    }

    private static bool IsSame(CaRoots held, CaRoots read) =>
        held.TrustDomain == read.TrustDomain && held.ActiveRootId == read.ActiveRootId
        && held.Active?.SigningKeyId == read.Active?.SigningKeyId && held.Roots.Count == read.Roots.Count;
}
