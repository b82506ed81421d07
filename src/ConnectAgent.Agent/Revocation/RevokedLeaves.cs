using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Leaves;
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
    [Limit("revocation.renewal", "s", "the read ends and the known list stays")]
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    /// <summary>Replaces them one after the other; the first failure ends the turn, and the next look at the list takes the rest.</summary>
    public async Task RenewAsync(RevocationLookup list, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(Longest, clock);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        foreach (var entry in cache.Entries)
        {
            var (request, value, _, _) = entry.Content();
            if (request is not LeafRequest asked || value is not LeafCertificate leaf || !IsRevoked(list, leaf))
            {
                continue;
            }

            try
            {
                await leaves.RenewAsync(asked, ended.Token);
                logger.RevokedLeafRenewed(leaf.Service, leaf.SerialNumber);
            }
            catch (ServerException error)
            {
                logger.RevokedLeafStays(leaf.Service, leaf.SerialNumber, error.Message);
                return;
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private static bool IsRevoked(RevocationLookup list, LeafCertificate leaf) =>
        SpiffeId.TryParse(leaf.ServiceUri, out var id, out _) && id is ServiceId identity && list.IsRevoked(identity, leaf.SerialNumber);
}
