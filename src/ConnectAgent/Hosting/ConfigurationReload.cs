using ConnectAgent.Agent.Caching;
using ConnectAgent.Configuration;
using Serilog.Core;

namespace ConnectAgent.Hosting;

/// <summary>Applies a changed configuration to the running agent, all of it or nothing (services AG-29, config-and-cli PROC-4).</summary>
internal sealed class ConfigurationReload(
    CurrentConfiguration configuration, AgentCache cache, AgentTokens tokens, LoggingLevelSwitch level, ILogger<ConfigurationReload> logger)
{
    private readonly Lock _gate = new();

    /// <summary>Reads the files again and applies them; one at a time.</summary>
    /// <exception cref="ConfigurationException">With the text of a start; the old configuration stays.</exception>
    public void Run()
    {
        lock (_gate)
        {
            AgentConfiguration now;
            try
            {
                now = configuration.Reload();
            }
            catch (ConfigurationException error)
            {
                logger.ReloadFailed(error.Message);
                throw;
            }

            cache.FetchLimits = now.FetchLimits;
            tokens.Configured(now.AclDefaultToken);
            level.MinimumLevel = LogLevels.Parse(now.LogLevel);
            logger.Reloaded();
        }
    }
}
