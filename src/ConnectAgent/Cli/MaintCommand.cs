using System.CommandLine;
using System.Text;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli;

/// <summary><c>maint</c>: takes the node or a service out of discovery, and back (clients section 5).</summary>
internal static class MaintCommand
{
    private const string NodeCheck = "_node_maintenance";
    private const string ServiceCheck = "_service_maintenance:";

    private static readonly Option<bool> Enable = Flag.Switch("enable", "Begins maintenance.");
    private static readonly Option<bool> Disable = Flag.Switch("disable", "Ends maintenance.");
    private static readonly Option<string?> Reason = Flag.Text("reason", "Why; shown to those who ask.");
    private static readonly Option<string?> Service = Flag.Text("service", "The ID of a service; the whole node unless it is said.");

    public static CliCommand Create() =>
        CliCommand.Asking("maint", "Takes the node or a service out of discovery, and back.", "maint -enable -service web -reason upgrade", RunAsync, Enable, Disable, Reason, Service);

    private static Task<int> RunAsync(Invocation call)
    {
        var (isOn, isOff, service) = (call.Of(Enable), call.Of(Disable), call.Given(Service));
        if (isOn && isOff)
        {
            throw new CommandFailure("Only one of -enable or -disable may be provided");
        }

        if (!isOn && !isOff)
        {
            return call.Given(Reason) is not null
                ? throw new CommandFailure("Reason may only be provided when enabling maintenance")
                : service is not null ? throw new CommandFailure("Service requires either -enable or -disable") : ShowAsync(call);
        }

        return !isOn && call.Given(Reason) is not null
            ? throw new CommandFailure("Reason may only be provided when enabling maintenance")
            : SwitchAsync(call, isOn, service);
    }

    private static async Task<int> SwitchAsync(Invocation call, bool isOn, string? service)
    {
        var path = service is null ? "/v1/agent/maintenance" : "/v1/agent/service/maintenance/" + ApiRequest.Escape(service);
        var request = ApiRequest.Put(path).With("enable", isOn ? "true" : "false").With("reason", isOn ? call.Of(Reason) : null);
        await call.SendAsync(request, $"Error {(isOn ? "enabling" : "disabling")} {(service is null ? "node" : "service")} maintenance: ");
        return call.Done(service is null
            ? $"Node maintenance is now {(isOn ? "enabled" : "disabled")}"
            : $"Service maintenance is now {(isOn ? "enabled" : "disabled")} for \"{service}\"");
    }

    private static async Task<int> ShowAsync(Invocation call)
    {
        var self = await call.AskAsync(ApiRequest.Get("/v1/agent/self"), "Error querying Consul agent: ");
        var checks = await call.AskAsync(ApiRequest.Get("/v1/agent/checks"), "Error getting checks: ");
        var text = new StringBuilder();
        foreach (var check in checks.Fields().Select(static field => field.Value))
        {
            var id = check.Text("CheckID");
            if (id == NodeCheck)
            {
                text.Append("Node:\n  Name:   ").Append(self.Field("Config").Text("NodeName")).Append("\n  Reason: ").Append(check.Text("Notes")).Append("\n\n");
            }
            else if (id.StartsWith(ServiceCheck, StringComparison.Ordinal))
            {
                text.Append("Service:\n  ID:     ").Append(check.Text("ServiceID")).Append("\n  Reason: ").Append(check.Text("Notes")).Append("\n\n");
            }
        }

        call.Output.Write(text);
        return 0;
    }
}
