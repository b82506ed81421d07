using System.CommandLine;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Watch;

/// <summary><c>monitor</c>: the agent's log as it is written (services AG-24).</summary>
internal static class MonitorCommand
{
    private static readonly Option<string?> Level = Flag.Text("log-level", "The least level that is shown: trace, debug, info, warn or error; info unless it is said.");
    private static readonly Option<bool> Json = Flag.Switch("log-json", "Shows the lines as JSON.");

    public static CliCommand Create() => CliCommand.Asking("monitor", "Shows the agent's log until it is stopped.", "monitor -log-level debug", RunAsync, Level, Json);

    private static async Task<int> RunAsync(Invocation call)
    {
        var request = ApiRequest.Get("/v1/agent/monitor").With("loglevel", call.Given(Level) ?? "INFO").With("logjson", call.Of(Json) ? "true" : null);
        try
        {
            using var answer = await call.Api.OpenAsync(request, call.Cancelled);
            using var lines = new StreamReader(await answer.Content.ReadAsStreamAsync(call.Cancelled));
            while (await lines.ReadLineAsync(call.Cancelled) is { } line)
            {
                call.Done(line);
                await call.Output.FlushAsync(call.Cancelled);
                if (StandardOutput.IsClosed(call.Output))
                {
                    return 0;
                }
            }

            return call.Done("Remote side ended the monitor! This usually means that the\nremote side has exited or crashed.");
        }
        catch (OperationCanceledException) when (call.Cancelled.IsCancellationRequested)
        {
            return 0;
        }
        catch (Exception error) when (error is ApiException or IOException)
        {
            throw new CommandFailure("Error starting monitor: " + error.Message);
        }
    }
}
