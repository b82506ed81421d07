using System.CommandLine;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.ControlPlane;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.ConfigEntries;

/// <summary><c>config …</c>: config entries (clients section 5).</summary>
internal static class ConfigCommands
{
    private static readonly Option<string?> Kind = Flag.Text("kind", "The kind of the entry, for instance service-defaults.");
    private static readonly Option<string?> Name = Flag.Text("name", "The entry's name.");
    private static readonly Option<bool> Cas = Flag.Switch("cas", "Writes only if the entry is at -modify-index.");
    private static readonly Option<string?> ModifyIndex = Flag.Text("modify-index", "The index that -cas compares; 0: there is no such entry yet.");

    /// <summary>The group.</summary>
    /// <param name="show">What belongs to the agent's own configuration, under the same word.</param>
    public static CliCommand Create(Command show) => CliCommand.Group(
        "config",
        "Reads and writes config entries; show has the agent's own configuration.",
        show,
        CliCommand.Asking("write", "Writes an entry from a file, HCL or JSON, or from standard input (-).", "config write web-defaults.hcl", WriteAsync, Cas, ModifyIndex),
        CliCommand.Asking("read", "Shows an entry.", "config read -kind service-defaults -name web", ReadAsync, Kind, Name),
        CliCommand.Asking("list", "Lists the names of the entries of a kind.", "config list -kind service-defaults", ListAsync, Kind),
        CliCommand.Asking("delete", "Deletes an entry.", "config delete -kind service-defaults -name web", DeleteAsync, Kind, Name));

    private static async Task<int> WriteAsync(Invocation call)
    {
        if (call.Words is not [var path])
        {
            throw new CommandFailure("Must provide exactly one positional argument to specify the config entry to write");
        }

        var text = path == "-"
            ? await Invocation.Input.ReadToEndAsync(call.Cancelled)
            : Encoding.UTF8.GetString(InputFile.Read(path, "Failed to load data: Failed to read file: "));
        var entry = Decode(text);
        var id = $"{entry.Text("Kind")}/{entry.Text("Name")}";
        var request = ApiRequest.Put("/v1/config").With("cas", call.Of(Cas) ? call.Given(ModifyIndex) ?? "0" : null).With(JsonShape.Body(entry.WriteTo));
        var isWritten = await call.AskAsync(request, $"Error writing config entry {id}: ");
        return isWritten.ValueKind == JsonValueKind.True ? call.Done("Config entry written: " + id) : throw new CommandFailure("Config entry not updated: " + id);
    }

    // As the server would, so that most mistakes need no agent; what is sent has the wire's names.
    private static JsonElement Decode(string text)
    {
        const string Failure = "Failed to decode config entry input: ";
        try
        {
            var (kind, document) = ConfigEntryKinds.Decode(JsonElement.Parse(HclJson.Convert(text)));
            document["Kind"] = kind.Name;
            document["Name"] ??= kind.Make(document).Name;
            document["CreateIndex"] = 0;
            document["ModifyIndex"] = 0;
            return JsonElement.Parse(document.ToJsonString());
        }
        catch (Exception error) when (error is HclException or MapstructureException or ServerException)
        {
            throw new CommandFailure(Failure + error.Message);
        }
    }

    private static async Task<int> ReadAsync(Invocation call)
    {
        var (kind, name) = (KindOf(call), NameOf(call));
        var entry = await call.AskAsync(ApiRequest.Get(PathOf(kind, name)), $"Error reading config entry {kind}/{name}: ");
        return call.Done(JsonShape.Print(entry));
    }

    private static async Task<int> ListAsync(Invocation call)
    {
        var kind = KindOf(call);
        var entries = await call.AskAsync(ApiRequest.Get("/v1/config/" + ApiRequest.Escape(kind)), $"Error listing config entries for kind {GoQuote.Of(kind)}: ");
        foreach (var entry in entries.AsItems())
        {
            call.Done(entry.Text("Name"));
        }

        return 0;
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        var (kind, name) = (KindOf(call), NameOf(call));
        await call.SendAsync(ApiRequest.Delete(PathOf(kind, name)), $"Error deleting config entry {kind}/{name}: ");
        return call.Done($"Config entry deleted: {kind}/{name}");
    }

    private static string PathOf(string kind, string name) => $"/v1/config/{ApiRequest.Escape(kind)}/{ApiRequest.Escape(name)}";

    private static string KindOf(Invocation call) => call.Given(Kind) ?? throw new CommandFailure("Must specify the -kind parameter");

    private static string NameOf(Invocation call) => call.Given(Name) ?? throw new CommandFailure("Must specify the -name parameter");
}
