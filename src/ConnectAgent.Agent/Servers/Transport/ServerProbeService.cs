using ConnectAgent.Protocol.Timing;
using Microsoft.Extensions.Hosting;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>
/// Looks at the servers in the background, so that one that is gone is left before a caller finds out, and a held read does not wait at it. From time
/// to time the agents spread anew over those that are there.
/// </summary>
internal sealed class ServerProbeService(ConsulServers servers, TimeProvider clock, Random random) : BackgroundService
{
    /// <summary>On average; each pause is drawn from half of it to one and a half.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const int FewestRounds = 30;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true) // stopping leaves through an await
        {
            var rounds = FewestRounds + random.Next(FewestRounds);
            for (var round = 0; round < rounds; round++)
            {
                await clock.PauseAsync(Interval * (0.5 + random.NextDouble()), stoppingToken);
                await servers.CheckAsync(stoppingToken);
            }

            servers.Rebalance();
        }
    }
}
