using ConnectAgent.Client.Api;

namespace ConnectAgent.Watches;

/// <summary>
/// Runs the watches of the configuration once the agent listens, each over the agent's own API, as one on the command line would be. What they meet (no right, no answer)
/// is logged and tried again; anything else is a bug, and ends the agent.
/// </summary>
/// <param name="first">Those of the start.</param>
/// <param name="agent">How this agent is reached.</param>
internal sealed class WatchService(
    IReadOnlyList<WatchDefinition> first, ApiOptions agent, IHostApplicationLifetime lifetime, TimeProvider clock, ILogger<WatchService> logger) : BackgroundService
{
    private readonly Lock _gate = new();
    private IReadOnlyList<WatchDefinition> _current = first;
    private TaskCompletionSource _replaced = NewSignal();

    /// <summary>A reload: from now on these run, and no others.</summary>
    public void Replace(IReadOnlyList<WatchDefinition> watches)
    {
        lock (_gate)
        {
            _current = watches;
            _replaced.TrySetResult();
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await StartedAsync(stoppingToken);
        while (!stoppingToken.IsCancellationRequested)
        {
            IReadOnlyList<WatchDefinition> watches;
            Task replaced;
            lock (_gate)
            {
                _replaced = _replaced.Task.IsCompleted ? NewSignal() : _replaced;
                (watches, replaced) = (_current, _replaced.Task);
            }

            await RunAsync(watches, replaced, stoppingToken);
        }
    }

    private async Task RunAsync(IReadOnlyList<WatchDefinition> watches, Task replaced, CancellationToken stoppingToken)
    {
        if (watches.Count > 0)
        {
            logger.WatchesRun(watches.Count);
        }

        using var round = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        List<Task> running = [.. watches.Select(watch => RunAsync(watch, round.Token))];

        // A loop ends only by dying, which whoever watches this service hears.
        var ended = await Task.WhenAny([replaced.WaitAsync(stoppingToken), .. running]);
        await round.CancelAsync();
        await Task.WhenAll(running).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!stoppingToken.IsCancellationRequested)
        {
            await ended;
        }
    }

    private async Task RunAsync(WatchDefinition watch, CancellationToken cancellationToken)
    {
        var type = watch.Target.Type!;
        using var api = AgentApi.Open(agent with { Token = watch.Token });
        using IWatchHandler handler = watch.Program is { Count: > 0 } program ? new ScriptHandler(program, clock) : new HttpHandler(watch.Http, clock);
        var plan = WatchPlan.Of(watch.Target);
        var answers = api.FollowAsync(plan.Request, FailedAsync, cancellationToken, clock);
        await foreach (var answer in answers)
        {
            var (failure, output) = await handler.HandleAsync(new WatchChange(answer.Body, answer.Index, answer.Hash), cancellationToken);

            // A program that shows what it reads would show a key.
            output = type == "connect_leaf" ? "<hidden>" : output;
            if (failure is null)
            {
                logger.Handled(type, answer.Index, output);
            }
            else
            {
                logger.HandlerFailed(type, answer.Index, failure, output);
            }
        }

        Task FailedAsync(ApiException error)
        {
            logger.WatchFailed(type, error.Message);
            return Task.CompletedTask;
        }
    }

    private async Task StartedAsync(CancellationToken stoppingToken)
    {
        var started = NewSignal();
        using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
        await started.Task.WaitAsync(stoppingToken);
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
