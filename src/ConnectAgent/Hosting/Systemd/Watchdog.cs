namespace ConnectAgent.Hosting.Systemd;

/// <summary>
/// Gives the service manager a sign of life twice as often as it asks for one (sd_watchdog_enabled(3)), each only after the agent has answered a request.
/// Without an answer it asks again, and without any until its time is over the manager ends the agent and starts it anew.
/// </summary>
internal sealed class Watchdog(ServiceManagerOptions options, NotifySocket manager, OwnRequest request, TimeProvider clock, ILogger<Watchdog> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.WatchdogTime is not { } time)
        {
            return;
        }

        while (true)
        {
            await Task.Delay(time / 2, clock, stoppingToken);
            while (!await request.IsAnsweredAsync(time / 4, stoppingToken))
            {
                logger.AgentSilent(time / 4);
                await Task.Delay(time / 8, clock, stoppingToken);
            }

            manager.Alive();
        }
    }
}
