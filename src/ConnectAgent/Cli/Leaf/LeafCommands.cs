using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Leaf;

/// <summary><c>leaf get</c>, <c>leaf renew</c>, <c>leaf write</c>: the certificate of a service.</summary>
internal static class LeafCommands
{
    private static readonly Option<bool> WithKey = Flag.Switch("key", "Prints the private key, too; it is left out unless this stands there.");
    private static readonly Option<string?> Form = Flag.Text("format", "How the answer is printed: pem or json; pem unless it is said.");
    private static readonly Option<string?> RenewForm = Flag.Format();

    public static CliCommand Create() => CliCommand.Group(
        "leaf",
        "The certificates of services.",
        CliCommand.Asking("get", "Prints the certificate of a service.", "leaf get web", GetAsync, WithKey, Form),
        CliCommand.Asking("renew", "Has the certificate of a service issued anew, with another key.", "leaf renew web", RenewAsync, RenewForm),
        LeafWriteCommand.Create());

    private static async Task<int> GetAsync(Invocation call)
    {
        var service = call.OneWord("SERVICE");
        var isJson = call.IsJson(Form, "pem");
        var leaf = await call.AskAsync(ApiRequest.Get(LeafWatch.PathOf(service)), $"Error reading the certificate of {service}: ");
        return call.Done(isJson
            ? Json(leaf, call.Of(WithKey))
            : (leaf.Text("CertPEM").TrimEnd('\n') + (call.Of(WithKey) ? "\n" + leaf.Text("PrivateKeyPEM") : string.Empty)).TrimEnd('\n'));
    }

    private static async Task<int> RenewAsync(Invocation call)
    {
        var service = call.OneWord("SERVICE");
        var isJson = call.IsJson(RenewForm);
        var leaf = await call.AskAsync(ApiRequest.Put(LeafWatch.PathOf(service) + "/renew"), $"Error renewing the certificate of {service}: ");
        return call.Done(isJson
            ? Json(leaf, withKey: false)
            : $"Renewed the certificate of {service}: serial number {leaf.Text("SerialNumber")}, valid until {leaf.Text("ValidBefore")}");
    }

    private static string Json(JsonElement leaf, bool withKey)
    {
        var shown = JsonObject.Create(leaf)!;
        if (!withKey)
        {
            shown.Remove("PrivateKeyPEM");
        }

        return JsonShape.Print(JsonElement.Parse(shown.ToJsonString()));
    }
}
