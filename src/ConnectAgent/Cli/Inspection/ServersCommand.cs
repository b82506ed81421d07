using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary><c>servers</c>: how the servers are, as the agent sees them.</summary>
internal static class ServersCommand
{
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Asking("servers", "Shows how the servers of the agent are.", "servers", RunAsync, Format);

    private static async Task<int> RunAsync(Invocation call)
    {
        var isJson = call.IsJson(Format);
        var servers = await call.AskAsync(ApiRequest.Get("/v1/agent/connect/servers"), "Error reading the servers: ");
        return isJson
            ? call.Done(JsonShape.Print(servers))
            : call.Table([["Address", "State", "Current", "RoundTripMs", "OpenBlockingQueries", "LastIndex", "LastError"], .. servers.AsItems().Select(static server => new[]
            {
                server.Text("Address"), server.Text("State"), server.Text("Current"), server.Text("RoundTripMs"), server.Text("OpenBlockingQueries"), server.Text("LastIndex"),
                ErrorOf(server.Field("LastError")),
            })]);
    }

    private static string ErrorOf(JsonElement error) => error.ValueKind == JsonValueKind.Object ? $"{error.Text("At")} {error.Text("Text")}" : string.Empty;
}
