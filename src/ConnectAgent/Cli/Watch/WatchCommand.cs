using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Watches;

namespace ConnectAgent.Cli.Watch;

/// <summary><c>watch</c>: prints what there is, or runs a program at each change (clients WATCH-1 to WATCH-4).</summary>
internal static class WatchCommand
{
    private static readonly Option<string?> Type = Flag.Text(
        "type", "What is watched: services, nodes, service, checks, connect_roots, connect_leaf or agent_service.");

    private static readonly Option<string?> Service = Flag.Text("service", "The service, of service, checks and connect_leaf; its ID, of agent_service.");
    private static readonly Option<string[]> Tags = Flag.Texts("tag", "A tag that instances must have, of service.");
    private static readonly Option<string?> PassingOnly = Flag.Text("passingonly", "true: only healthy instances, of service.");
    private static readonly Option<string?> State = Flag.Text("state", "The state, of checks; any unless it is said.");
    private static readonly Option<bool> Shell = Flag.Switch("shell", "Whether the program is run by a shell; it is unless it says =false.");

    public static CliCommand Create()
    {
        var watch = CliCommand.Asking(
            "watch", "Prints what there is, or runs a program at each change, with JSON on its standard input.", "watch -type service -service web ./changed.sh", RunAsync,
            Type, Service, Tags, PassingOnly, State, Shell);
        watch.RunsProgram = true;
        return watch;
    }

    private static async Task<int> RunAsync(Invocation call)
    {
        var plan = PlanOf(call);

        // As the reference asks whether there is an agent.
        await call.SendAsync(ApiRequest.Get("/v1/status/leader"), "Error querying Consul agent: ");
        if (call.Words.Count == 0)
        {
            return call.Done(JsonShape.Print(await call.AskAsync(plan.Request(), "Error: ")));
        }

        try
        {
            var answers = call.Api.FollowAsync(() => plan.Request(), error => call.Errors.WriteLineAsync("Error: " + error.Message), call.Cancelled);
            await foreach (var answer in answers)
            {
                await HandleAsync(call, answer);
            }

            return 0;
        }
        catch (OperationCanceledException) when (call.Cancelled.IsCancellationRequested)
        {
            return 0;
        }
    }

    private static async Task HandleAsync(Invocation call, ApiAnswer answer)
    {
        var isByShell = !call.Has(Shell) || call.Of(Shell);
        var start = isByShell ? new ProcessStartInfo("/bin/sh", ["-c", string.Join(' ', call.Words)]) : new ProcessStartInfo(call.Words[0], call.Words.Skip(1));
        start.Environment["CONSUL_INDEX"] = answer.Index.ToString(CultureInfo.InvariantCulture);
        if (await ChildProcess.RunAsync(start, Encoding.UTF8.GetString(answer.Body.Span), call.Cancelled) is { } failure)
        {
            await call.Errors.WriteLineAsync("Error executing handler: " + failure);
        }
    }

    private static WatchPlan PlanOf(Invocation call)
    {
        try
        {
            return WatchPlan.Of(new WatchTarget
            {
                Type = call.Given(Type),
                Service = call.Given(Service),
                Tags = call.Of(Tags),
                PassingOnly = call.Of(PassingOnly) is "true" or "1",
                State = call.Given(State),
            });
        }
        catch (WatchException error)
        {
            throw new CommandFailure(error.Message) { WithUsage = call.Given(Type) is null };
        }
    }
}
