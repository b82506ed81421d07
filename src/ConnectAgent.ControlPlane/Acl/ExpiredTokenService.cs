using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>Removes tokens whose time is over (acl ACL-TOK-33). They are refused from that moment on, whether removed or not.</summary>
internal sealed class ExpiredTokenService(AclTokenStore store, AclOptions options, TimeProvider clock, ILogger<ExpiredTokenService> logger) : BackgroundService
{
    [Limit("acl.reaped_at_once", "tokens", "the others are deleted in the next round")]
    private const int Most = 4096;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (options.Enabled)
        {
            var pause = Pause;
            try
            {
                var gone = await store.ReapAsync(Most);
                if (gone > 0)
                {
                    logger.Reaped(gone);
                }
            }
            catch (ServerException error)
            {
                // The disk refuses; the tokens stay refused as well.
                logger.ReapFailed(error.Message);
                pause = PauseAfterFailure;
            }

            await Task.Delay(pause, clock, stoppingToken);
        }
    }
}

// Event ids 2300-2399.
internal static partial class AclLog
{
    [LoggerMessage(2301, LogLevel.Debug, "Expired tokens removed: count={Count}")]
    public static partial void Reaped(this ILogger logger, int count);

    [LoggerMessage(2302, LogLevel.Warning, "Expired tokens could not be removed: reason={Reason}")]
    public static partial void ReapFailed(this ILogger logger, string reason);

    [LoggerMessage(2303, LogLevel.Warning, "Policy has rules of kinds that are not known, which neither grant nor deny anything: policy={Policy} kinds={Kinds}")]
    public static partial void UnknownKinds(this ILogger logger, string policy, string kinds);
}
