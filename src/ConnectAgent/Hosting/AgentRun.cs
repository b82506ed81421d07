namespace ConnectAgent.Hosting;

/// <summary>A host from its start to its exit code (config-and-cli PROC-3, PROC-5).</summary>
internal static class AgentRun
{
    public const int Failure = 1;

    /// <summary>Starts it, waits until it has stopped, and logs the exit code as the last line, with the reason when it is one of ours.</summary>
    /// <param name="host">Not started yet.</param>
    /// <param name="started">Runs once it listens; what it returns goes when the host has stopped.</param>
    /// <param name="codeOfSignal">What the signal that stopped it asks for.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public static async Task<int> ToExitAsync(
        IHost host, Func<IDisposable?> started, Func<int> codeOfSignal, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await host.StartAsync(cancellationToken);
            using var held = started();
            await host.WaitForShutdownAsync(cancellationToken);
        }
        catch (Exception error) when (StartFailure.IsExpected(error))
        {
            logger.StartFailed(error.Message);
            logger.ExitCode(Failure);
            return Failure;
        }

        // The host stops when one of them dies, and says nothing of it in its own exit.
        if (host.Services.GetServices<IHostedService>().OfType<BackgroundService>()
            .FirstOrDefault(service => service.ExecuteTask is { IsFaulted: true }) is { ExecuteTask.Exception.InnerException: { } death } dead)
        {
            logger.ServiceDied(death, dead.GetType().Name);
            logger.ExitCodeWithReason(Failure, $"{dead.GetType().Name} died: {death.Message}");
            return Failure;
        }

        var code = codeOfSignal();
        logger.ExitCode(code);
        return code;
    }
}
