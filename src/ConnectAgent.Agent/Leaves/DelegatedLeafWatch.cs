using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Agent.Leaves;

/// <summary>Watches for another leaf where the servers keep it (leaf-certificates LEAF-34), while the one that is held waits for its renewal.</summary>
internal sealed class DelegatedLeafWatch(LeafIssuer issuer, TimeProvider clock, Random random)
{
    /// <summary>Waits for the alarm, or until the servers keep another leaf than the one that is held.</summary>
    public async Task WaitAsync(
        Task alarm, FetchContext<LeafRequest, LeafCertificate> context, LeafState state, CacheAnswer<CaRoots> seen, CancellationToken cancellationToken)
    {
        using var turn = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var replaced = ReplacedAsync(context, state, seen, turn.Token);
        await Task.WhenAny(alarm, replaced);
        await turn.CancelAsync();
        try
        {
            await replaced;
        }
        catch (OperationCanceledException)
        {
            // The alarm was earlier. Any other exception is a bug, which the refresh tells of.
        }
    }

    /// <summary>Completes when the servers keep another leaf than the one that is held. Paced like any refresh (CACHE-22).</summary>
    private async Task ReplacedAsync(
        FetchContext<LeafRequest, LeafCertificate> context, LeafState state, CacheAnswer<CaRoots> seen, CancellationToken cancellationToken)
    {
        var identity = new ServiceId(seen.Value.TrustDomain, context.Request.Datacenter, context.Request.Service);
        for (var fruitless = 0; ; fruitless++)
        {
            await clock.PauseAsync(RefreshBackoff.Pause(fruitless, random.NextDouble()), cancellationToken);
            var start = clock.GetTimestamp();
            try
            {
                var read = await issuer.ReadAsync(identity, context.Request.Token, state.ElsewhereIndex ?? 0, cancellationToken);
                if (read.Value.CertPem != context.Value!.CertPem)
                {
                    state.IsReplaced = true;
                    return;
                }

                state.ElsewhereIndex = read.NextFrom(state.ElsewhereIndex ?? 0);
                fruitless = clock.GetElapsedTime(start) > LeafRenewal.RootChangeSpread ? 0 : fruitless;
            }
            catch (ServerException error)
            {
                state.LastError = error;
            }
        }
    }
}
