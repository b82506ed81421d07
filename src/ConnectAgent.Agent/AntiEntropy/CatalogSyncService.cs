using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>
/// Compares at the start, when servers are reachable again or have another state, when the agent's tokens or its node are others, and from time to time (services AE-1).
/// While they are unreachable it tries with growing pauses, and nobody else does.
/// </summary>
internal sealed class CatalogSyncService(
    CatalogSync sync, ClusterSize cluster, SyncOptions options, ServerContact contact, AgentIdentity agent, OwnNode node, TimeProvider clock, Random random,
    IHostApplicationLifetime? lifetime = null)
    : BackgroundService
{
    // A second is all that the host gives a stop.
    private static readonly TimeSpan LeaveTime = TimeSpan.FromMilliseconds(700);

    [Limit("sync.restores", "comparisons", "the next one is made at its time")]
    private const int MostRestores = 2;
    private static readonly Task Never = new TaskCompletionSource().Task;

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        using var limit = new CancellationTokenSource(LeaveTime, clock);
        await sync.LeaveAsync(limit.Token);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        sync.Start(stoppingToken);
        await StartedAsync(stoppingToken);
        var failures = 0;
        var restores = 0;
        while (true) // stopping leaves through an await
        {
            // Servers whose indexes go back again and again, as those of some that are asked in turn do, are compared no more often than others.
            var restored = restores >= MostRestores ? Never : contact.Restored;
            var (back, lost, tokens, changed) = (contact.Back, sync.Lost, agent.TokensChanged, node.Changed);
            failures = await sync.CompareAsync(stoppingToken) ? 0 : failures + 1;
            if (failures == 0)
            {
                await cluster.LookAsync(stoppingToken);
                var first = await WaitAsync(SyncPace.PauseOf(cluster.Nodes, random.NextDouble()), stoppingToken, back, restored, lost, tokens, changed);
                if (first != lost)
                {
                    restores = first == restored ? restores + 1 : 0;
                    await StaggerAsync(back.IsCompleted || restored.IsCompleted, stoppingToken);
                    continue;
                }

                failures = 1;
            }

            await WaitAsync(RefreshBackoff.Pause(failures + RefreshBackoff.Free, random.NextDouble()), stoppingToken, back);
            await StaggerAsync(back.IsCompleted, stoppingToken);
        }
    }

    // Other agents hear of it at the same time. A control plane in this process has no others.
    // The agent answers first: a comparison of thousands of services takes a processor for a while.
    private async Task StartedAsync(CancellationToken cancellationToken)
    {
        if (lifetime is not null)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task.WaitAsync(cancellationToken);
        }
    }

    private async Task StaggerAsync(bool isDue, CancellationToken cancellationToken)
    {
        if (isDue && options.IsRemote)
        {
            await clock.PauseAsync(SyncPace.ReturnOf(cluster.Nodes, random.NextDouble()), cancellationToken);
        }
    }

    /// <summary>Waits for one of these, or until a time is over.</summary>
    private async Task<Task> WaitAsync(TimeSpan pause, CancellationToken cancellationToken, params Task[] signals)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var over = Task.Delay(pause, clock, ended.Token);
        var first = await Task.WhenAny([.. signals, over]);
        await ended.CancelAsync();
        await over.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellationToken.ThrowIfCancellationRequested();
#pragma warning disable MA0100 // It has ended.
        return first;
#pragma warning restore MA0100
    }
}
