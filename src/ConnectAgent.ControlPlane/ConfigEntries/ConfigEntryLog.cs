using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.ConfigEntries;

// Event ids 2100-2199.
internal static partial class ConfigEntryLog
{
    // An entry may have very many of them.
    [Limit("log.config_entry_warnings", "lines", "left out")]
    private const int MostWarnings = 10;

    /// <summary>Says what was accepted but will not work as it looks (intentions DEF-4, DEF-14, services CFG-11).</summary>
    public static void Warn(this ILogger logger, string kind, string name, IEnumerable<string> warnings)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            foreach (var warning in warnings.Take(MostWarnings))
            {
                logger.Odd(kind, name, warning);
            }
        }
    }

    [LoggerMessage(2101, LogLevel.Warning, "Config entry accepted as it is: kind={Kind} name={Name} warning={Warning}")]
    private static partial void Odd(this ILogger logger, string kind, string name, string warning);
}
