using System.CommandLine;
using System.Runtime.InteropServices;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Configuration;
using ConnectAgent.Hosting;

namespace ConnectAgent.Cli;

/// <summary><c>agent</c>: runs the daemon (config-and-cli section 3).</summary>
internal static class AgentCommand
{
    public const string Name = "agent";

    // SIGXFSZ, which the framework has no name for.
    private const PosixSignal FileSizeExceeded = (PosixSignal)25;

    // A file that may not grow is an error of the write, and no end of the process.
    private static PosixSignalRegistration? _fileSize;

    public static Command Create()
    {
        var flags = new AgentFlags();
        var command = new CliCommand(Name, "Runs the agent.", "agent -config-dir /etc/connect-agent");
        flags.AddTo(command);
        command.SetAction((result, cancellationToken) => RunAsync(flags, result, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(AgentFlags flags, ParseResult result, CancellationToken cancellationToken)
    {
        // To the very end: what is closed last may write, too.
        _fileSize ??= PosixSignalRegistration.Create(FileSizeExceeded, static signal => signal.Cancel = true);
        AgentConfiguration configuration;
        try
        {
            configuration = flags.Read(result);
        }
        catch (ConfigurationException error)
        {
            await Console.Error.WriteLineAsync("==> " + error.Message);
            return AgentRun.Failure;
        }

        return await RunAsync(configuration, () => flags.Read(result), cancellationToken);
    }

    private static async Task<int> RunAsync(AgentConfiguration configuration, Func<AgentConfiguration> readAgain, CancellationToken cancellationToken)
    {
        WebApplication app;
        try
        {
            configuration = DataDirectory.Prepare(configuration);
            if (!configuration.LogJson)
            {
                await Console.Out.WriteAsync(Banner.Of(configuration));
            }

            app = await AgentHost.BuildAsync(configuration, readAgain);
        }
        catch (Exception error) when (StartFailure.IsExpected(error))
        {
            await Console.Error.WriteLineAsync("==> " + error.Message);
            return AgentRun.Failure;
        }

        await using var running = app;
        var logger = app.Services.GetRequiredService<ILoggerFactory>().CreateLogger("ConnectAgent.Hosting.AgentHost");
        foreach (var file in configuration.FilesRead)
        {
            logger.FileRead(file);
        }

        if (!configuration.Server)
        {
            logger.ServersConfigured(string.Join(' ', configuration.Servers.Addresses.Select(server => server.GetLeftPart(UriPartial.Authority))));
        }

        foreach (var warning in configuration.Warnings)
        {
            logger.ConfigurationWarning(warning);
        }

        if (configuration.IsConnectForgotten)
        {
            logger.ConnectForgotten();
        }

        return await AgentRun.ToExitAsync(
            app,
            () =>
            {
                var pidFile = PidFile.Write(configuration.PidFile);
                Announce(configuration, logger);
                return pidFile;
            },
            () => app.Services.GetRequiredService<SignalLifetime>().ExitCode,
            logger,
            cancellationToken);
    }

    private static void Announce(AgentConfiguration configuration, ILogger logger)
    {
        foreach (var address in configuration.HttpListeners.Concat(configuration.HttpsListeners))
        {
            if (address is UnixListenAddress unix)
            {
                logger.Listening(unix.Path, "unix");
            }
            else
            {
                logger.Listening(address.ToString()!, "tcp");
            }
        }
    }
}
