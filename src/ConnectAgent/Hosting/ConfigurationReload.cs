using ConnectAgent.Agent.Catalog;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Timing;
using Serilog.Core;

namespace ConnectAgent.Hosting;

/// <summary>Applies a changed configuration to the running agent, all of it or nothing (services AG-29, config-and-cli PROC-4).</summary>
/// <param name="servers">Null with an embedded control plane.</param>
internal sealed class ConfigurationReload(
    CurrentConfiguration configuration,
    AgentCache cache,
    AgentTokens tokens,
    OwnNode node,
    LoggingLevelSwitch level,
    ILogger<ConfigurationReload> logger,
    ConsulServers? servers = null)
{
    private readonly Lock _gate = new();

    /// <summary>Reads the files again and applies them; one at a time.</summary>
    /// <exception cref="ConfigurationException">With the text of a start; the old configuration stays.</exception>
    public void Run()
    {
        lock (_gate)
        {
            AgentConfiguration now;
            ServerTls? tls;
            try
            {
                // The files that the start named, with what is in them now: certificates run out while an agent runs.
                tls = servers is null ? null : PemFiles.ReadServerTls(configuration.Value.Servers);
                now = configuration.Reload();
            }
            catch (ConfigurationException error)
            {
                logger.ReloadFailed(error.Message);
                throw;
            }

            if (tls is not null)
            {
                servers!.UseTls(tls);
            }

            cache.FetchLimits = now.FetchLimits;
            tokens.Configured(now.Tokens);
            node.Use(Bound.Node(now));
            level.MinimumLevel = LogLevels.Parse(now.LogLevel);
            foreach (var warning in now.Warnings)
            {
                logger.ConfigurationWarning(warning);
            }

            logger.Reloaded();
        }
    }
}
