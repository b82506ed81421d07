using ConnectAgent.Configuration;
using ConnectAgent.Hosting.Systemd;

namespace ConnectAgent.Hosting;

/// <summary>Applies a changed configuration to the running agent, all of it or nothing (services AG-29, config-and-cli PROC-4).</summary>
internal sealed class ConfigurationReload(
    CurrentConfiguration configuration, FileServices services, ReloadParts parts, NotifySocket manager, ILogger<ConfigurationReload> logger) : IDisposable
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
            ReadConfiguration next;
            Action use;
            try
            {
                next = configuration.Read();
                use = parts.Prepare(next);

                // Of all that changes something only this can fail, so it comes first.
                await services.RegisterAsync(next.Value.Definitions);
            }
            catch (ConfigurationException error)
            {
                logger.ReloadFailed(error.Message);
                throw;
            }

            configuration.Take(next);
            use();
            foreach (var warning in next.Value.Warnings)
            {
                logger.ConfigurationWarning(warning);
            }

            foreach (var key in next.WaitingForRestart)
            {
                logger.WaitsForRestart(key);
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
