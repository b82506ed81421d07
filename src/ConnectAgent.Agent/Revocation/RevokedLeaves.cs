using ConnectAgent.Agent.Leaves;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Revocation;

/// <summary>Has the revoked ones of the leaves that this agent holds issued anew, so that their rightful holders need not wait for their renewal.</summary>
internal sealed class RevokedLeaves(AgentCache cache, LeafService leaves, TimeProvider clock, ILogger<RevokedLeaves> logger)
{
    // The list is read anew after this, whatever the signer does.
    [Limit("revocation.renewal", "s", "the leaves that are left are tried again half a minute later")]
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    [Limit("revocation.renewals", "leaves at once", "the others wait")]
    private const int AtOnce = 8;

    /// <summary>Replaces them, a few at a time, so that one which fails or hangs does not keep the others.</summary>
    /// <returns>Whether none is left: those that are may be tried again.</returns>
    public async Task<bool> RenewAsync(RevocationLookup list, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(Longest, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        var left = 0;
        try
        {
            await Parallel.ForEachAsync(
                Revoked(list),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = ended.Token },
                async (found, stop) =>
                {
                    if (!await TryRenewAsync(found.Request, found.Leaf, stop))
                    {
                        Interlocked.Increment(ref left);
                    }
                });
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }

        return left == 0;
    }

    private IEnumerable<(LeafRequest Request, LeafCertificate Leaf)> Revoked(RevocationLookup list)
    {
        foreach (var entry in cache.Entries)
        {
            if (entry is CacheEntry<LeafRequest, LeafCertificate> { Current.Value: { } leaf } held && IsRevoked(list, leaf))
            {
                yield return (held.Request, leaf);
            }
        }
    }

    private async Task<bool> TryRenewAsync(LeafRequest request, LeafCertificate leaf, CancellationToken cancellationToken)
    {
        try
        {
            await leaves.RenewAsync(request, cancellationToken);
            logger.RevokedLeafRenewed(leaf.Service, leaf.SerialNumber);
            return true;
        }
        catch (ServerException error)
        {
            logger.RevokedLeafStays(leaf.Service, leaf.SerialNumber, error.Message);
            return false;
        }
    }

    private static bool IsRevoked(RevocationLookup list, LeafCertificate leaf) =>
        SpiffeId.TryParse(leaf.ServiceUri, out var id, out _) && id is ServiceId identity && list.IsRevoked(identity, leaf.SerialNumber);
}
