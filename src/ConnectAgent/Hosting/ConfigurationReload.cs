using ConnectAgent.Agent.Catalog;
using ConnectAgent.Caching;
using ConnectAgent.Client.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting.Systemd;
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
    FileServices services,
    LoggingLevelSwitch level,
    NotifySocket manager,
    ILogger<ConfigurationReload> logger,
    ConsulServers? servers = null) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);

    public void Dispose() => _gate.Dispose();

    /// <summary>Reads the files again and applies them; one at a time.</summary>
    /// <exception cref="ConfigurationException">With the text of a start; the old configuration stays.</exception>
    public async Task RunAsync()
    {
        await _gate.WaitAsync();
        var note = "the last reload failed, see the log";
        manager.Reloading();
        try
        {
            AgentConfiguration now;
            ServerTls? tls;
            try
            {
                // The files that the start named, with what is in them now: certificates run out while an agent runs.
                tls = servers is null ? null : PemFiles.ReadServerTls(configuration.Value.Servers);
                now = configuration.Read();

                // Of all that is applied only this can fail, so it comes first.
                await services.RegisterAsync(now.Definitions);
            }
            catch (ConfigurationException error)
            {
                logger.ReloadFailed(error.Message);
                throw;
            }

            configuration.Take(now);
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
            note = string.Empty;
        }
        finally
        {
            manager.Ready(note);
            _gate.Release();
        }
    }
}
