using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy;
using ConnectAgent.Proxy.Options;

namespace ConnectAgent.Proxies;

/// <summary>
/// Runs proxies in the agent's process (<c>connect_agent.proxies</c>), each over the agent's own API with the token that it was registered with (services REG-17),
/// as one in a process of its own would. One that dies is started again, later each time.
/// </summary>
/// <param name="ids">Of the registered proxies; <c>*</c> is all of this agent.</param>
/// <param name="agent">How this agent is reached.</param>
internal sealed class ProxyHost(
    IReadOnlyList<string> ids, ApiOptions agent, LocalState state, ProxyServices services, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<ProxyHost> logger)
    : BackgroundService
{
    public const string All = "*";

    private const string Kind = "connect-proxy";

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastPause = TimeSpan.FromSeconds(30);

    private readonly Dictionary<string, Task> _running = new(StringComparer.Ordinal);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var started = NewSignal();
        await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
        var changed = NewSignal();
        using var subscription = state.Subscribe(_ => Volatile.Read(ref changed).TrySetResult());
        try
        {
            while (true)
            {
                foreach (var id in Wanted().Where(id => !_running.TryGetValue(id, out var running) || running.IsCompleted).ToList())
                {
                    _running[id] = KeepAsync(id, stoppingToken);
                }

                await changed.Task.WaitAsync(stoppingToken);
                Volatile.Write(ref changed, NewSignal());
            }
        }
        finally
        {
            await Task.WhenAll(_running.Values);
        }
    }

    private IEnumerable<string> Wanted() => state.Current.Services.Values
        .Where(service => service.Stored.Kind == Kind && (ids.Contains(All) || ids.Contains(service.Id))).Select(static service => service.Id);

    // Until it is not registered any more.
    private async Task KeepAsync(string id, CancellationToken stoppingToken)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        for (var pause = FirstPause; !stoppingToken.IsCancellationRequested && state.Current.Service(id) is { } registered; pause = pause * 2 < LastPause ? pause * 2 : LastPause)
        {
            logger.ProxyStarting(id);
            using var gone = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
            using var subscription = state.Subscribe(_ =>
            {
                if (state.Current.Service(id)?.Token != registered.Token)
                {
                    gone.Cancel();
                }
            });
            try
            {
                await ProxyRun.RunAsync(
                    new ProxySetup { Agent = agent with { Token = registered.Token }, ProxyId = id }, services, _ => pause = FirstPause, gone.Token);
            }
            catch (OperationCanceledException) when (gone.IsCancellationRequested)
            {
                // It stops, it is gone, or it has another token.
            }
            catch (Exception error) when (error is ProxyException or ApiException)
            {
                logger.ProxyEnded(id, error.Message, pause);
            }
#pragma warning disable CA1031 // The data path of one service takes nothing else with it: whatever it dies of, it is started again.
            catch (Exception error)
#pragma warning restore CA1031
            {
                logger.ProxyDied(error, id, pause);
            }

            await Task.Delay(gone.IsCancellationRequested ? TimeSpan.Zero : pause, clock, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
