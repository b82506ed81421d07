using System.Runtime.InteropServices;
using ConnectAgent.Configuration;

namespace ConnectAgent.Hosting;

/// <summary>
/// Stops the host on SIGINT and SIGTERM, and knows the exit code that follows (config-and-cli PROC-3); reloads on SIGHUP (PROC-4).
/// </summary>
internal sealed class SignalLifetime(
    AgentConfiguration configuration, ConfigurationReload reload, IHostApplicationLifetime lifetime, ILogger<SignalLifetime> logger)
    : IHostLifetime, IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations = [];
    private Task _reloading = Task.CompletedTask;

    /// <summary>
    /// 0, or 1 after an interrupt that asks for no graceful leave. Supervisors end a service with SIGTERM and take anything but 0 for a failure, so
    /// that one is 0 whatever it asks for (PROC-3, a documented difference).
    /// </summary>
    public int ExitCode { get; private set; }

    public Task WaitForStartAsync(CancellationToken cancellationToken)
    {
        _registrations.Add(PosixSignalRegistration.Create(
            PosixSignal.SIGINT, signal => Stop(signal, "interrupt", isOrderly: !configuration.SkipLeaveOnInterrupt)));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Stop(signal, "terminated", isOrderly: true)));
        _registrations.Add(PosixSignalRegistration.Create(PosixSignal.SIGHUP, Reload));
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => _reloading.WaitAsync(cancellationToken);

    public void Dispose() => _registrations.ForEach(registration => registration.Dispose());

    private void Stop(PosixSignalContext context, string name, bool isOrderly)
    {
        context.Cancel = true;
        logger.Caught(name);
        if (isOrderly)
        {
            logger.GracefulExit();
        }
        else
        {
            logger.NoGracefulExit();
            ExitCode = AgentRun.Failure;
        }

        lifetime.StopApplication();
    }

    private void Reload(PosixSignalContext context)
    {
        context.Cancel = true;
        logger.Caught("hangup");
        if (!lifetime.ApplicationStarted.IsCancellationRequested)
        {
            logger.ReloadTooEarly();
            return;
        }

        _reloading = ReloadAsync();
    }

    private async Task ReloadAsync()
    {
        try
        {
            await reload.RunAsync();
        }
        catch (ConfigurationException)
        {
            // It is logged, and the old configuration goes on.
        }
        catch (Exception error)
        {
            // A bug; nobody waits for a signal's outcome, so it is heard here.
            logger.ReloadBroke(error);
        }
    }
}
