using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>Marks serials and removes ended revocations, once for each mark interval. A failure waits for the next turn: either can be late.</summary>
internal sealed class RevocationUpkeepService(RevocationStore revocations, TimeProvider clock, ILogger<RevocationUpkeepService> logger) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var pause = revocations.MarkInterval;
            await Task.Delay(pause, clock, stoppingToken);
            try
            {
                await revocations.MarkAsync();
                await revocations.PruneAsync();
            }
            catch (ServerException error)
            {
                logger.UpkeepFailed(pause, error.Message);
            }
        }
    }
}
