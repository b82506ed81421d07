using System.CommandLine;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary><c>roots get</c>: what is trusted.</summary>
internal static class RootsCommands
{
    private static readonly Option<string?> Form = Flag.Text("format", "How the answer is printed: pem or json; pem unless it is said.");

    public static CliCommand Create() => CliCommand.Group(
        "roots", "The roots that are trusted.", CliCommand.Asking("get", "Prints the roots that are trusted.", "roots get > roots.pem", GetAsync, Form));

    private static async Task<int> GetAsync(Invocation call)
    {
        var isJson = call.IsJson(Form, "pem");
        var roots = await call.AskAsync(ApiRequest.Get("/v1/agent/connect/ca/roots"), "Error reading the roots: ");
        return call.Done(isJson ? JsonShape.Print(roots) : string.Join('\n', roots.Items("Roots").Select(static root => root.Text("RootCert").TrimEnd('\n'))));
    }
}
