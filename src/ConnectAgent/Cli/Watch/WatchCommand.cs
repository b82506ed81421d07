using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

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

    public static CliCommand Create() => CliCommand.Asking(
        "watch", "Prints what there is, or runs a program at each change, with JSON on its standard input.", "watch -type service -service web ./changed.sh", RunAsync,
        Type, Service, Tags, PassingOnly, State, Shell);

    private static async Task<int> RunAsync(Invocation call)
    {
        var path = PathOf(call);

        // As the reference asks whether there is an agent.
        await call.SendAsync(ApiRequest.Get("/v1/status/leader"), "Error querying Consul agent: ");
        if (call.Words.Count == 0)
        {
            return call.Done(JsonShape.Print(await call.AskAsync(Request(call, path), "Error: ")));
        }

        try
        {
            await foreach (var answer in call.Api.FollowAsync(() => Request(call, path), error => call.Errors.WriteLineAsync("Error: " + error.Message), call.Cancelled))
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

    private static ApiRequest Request(Invocation call, string path)
    {
        var request = ApiRequest.Get(path);
        if (call.Of(Type) == "service")
        {
            request.With("passing", call.Of(PassingOnly) is "true" or "1" ? "1" : null);
            foreach (var tag in call.Of(Tags))
            {
                request.With("tag", tag);
            }
        }

        return request;
    }

    private static string PathOf(Invocation call) => call.Given(Type) switch
    {
        null => throw new CommandFailure("Watch type must be specified") { WithUsage = true },
        "services" => "/v1/catalog/services",
        "nodes" => "/v1/catalog/nodes",
        "service" => "/v1/health/service/" + Named(call),
        "checks" => call.Given(Service) is not null ? "/v1/health/checks/" + Named(call) : "/v1/health/state/" + ApiRequest.Escape(call.Given(State) ?? "any"),
        "connect_roots" => "/v1/agent/connect/ca/roots",
        "connect_leaf" => "/v1/agent/connect/ca/leaf/" + Named(call),
        "agent_service" => "/v1/agent/service/" + Named(call),
        "key" or "keyprefix" or "event" => throw new CommandFailure($"Watches of type {call.Of(Type)} are not part of this product: it has no key/value store and no user events."),
        var other => throw new CommandFailure("Unsupported watch type: " + other),
    };

    private static string Named(Invocation call) => ApiRequest.Escape(
        call.Given(Service) ?? throw new CommandFailure("Failed to parse watch params: Must specify a single service to watch"));
}
