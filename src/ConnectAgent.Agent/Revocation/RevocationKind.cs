using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Revocation;

/// <summary>
/// The one list of a datacenter. It needs no rights and is the same for everybody, so it is asked for without a token, held once, and no
/// token's bound may keep it out.
/// </summary>
internal sealed record RevocationRequest(string Datacenter) : CacheRequest(Datacenter, string.Empty)
{
    public override string Key => string.Empty;

    public override bool CountsForToken => false;
}

/// <summary>The cache type <c>connect-ca-revoked</c>, our own (intentions DEF-12).</summary>
internal sealed class RevocationKind(
    IServerClient servers, RevokedLeaves leaves, RevocationMetrics metrics) : CacheKind<RevocationRequest, RevocationLookup>
{
    private static readonly TimeSpan BetweenTurns = TimeSpan.FromSeconds(30);

    // An entry with its texts and its place in the lookup.
    private const int SizeOfEntry = 500;

    public override string Name => "connect-ca-revoked";

    public override SealedCodec<RevocationRequest, RevocationLookup> Sealing => RevocationCodec.Instance;

    public override long SizeOf(RevocationLookup value) => SizeOfEntry * (long)value.List.Revoked.Count;

    public override async Task<ServerRead<RevocationLookup>?> FetchAsync(
        FetchContext<RevocationRequest, RevocationLookup> context, CancellationToken cancellationToken)
    {
        var wait = FetchWait;
        if (context.Value is { } held && held.List.Revoked.Count > 0 && !await leaves.RenewAsync(held, cancellationToken))
        {
            // In force already: what this agent holds of it goes before the next change is waited for, and what stays is tried again soon.
            wait = BetweenTurns;
        }

        var read = await servers.ReadAsync(
            RevocationRead.Instance,
            context.Request,
            context.Query(wait),
            cancellationToken);
        var lookup = RevocationLookup.Of(read.Value);
        metrics.Listed(read.Value.Revoked.Count);
        return read.With(lookup);
    }
}
