using System.CommandLine;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Intentions;

/// <summary><c>intention create</c> (intentions ICLI-1).</summary>
internal static class IntentionCreateCommand
{
    private const string NoTime = "0001-01-01T00:00:00Z";

    private static readonly Option<bool> Allow = Flag.Switch("allow", "The connection is allowed; so it is unless it is said.");
    private static readonly Option<bool> Deny = Flag.Switch("deny", "The connection is denied.");
    private static readonly Option<bool> FromFiles = Flag.Switch("file", "The words are files that hold an intention as JSON.");
    private static readonly Option<bool> Replace = Flag.Switch("replace", "Takes the place of an intention between the same services.");
    private static readonly Option<string[]> Meta = Flag.Texts("meta", "A key=value pair that is kept with it.");

    public static CliCommand Create() => CliCommand.Asking(
        "create", "Creates an intention.", "intention create -allow web db", RunAsync, Allow, Deny, FromFiles, Replace, Meta);

    private static async Task<int> RunAsync(Invocation call)
    {
        if (call.Of(Allow) && call.Of(Deny))
        {
            throw new CommandFailure("Only one of -allow or -deny may be specified.");
        }

        foreach (var intention in Intentions(call))
        {
            await WriteAsync(call, intention);
        }

        return 0;
    }

    private static List<JsonElement> Intentions(Invocation call)
    {
        if (call.Of(FromFiles))
        {
            return [.. call.Words.Select(static path => ParsedOf(path))];
        }

        if (call.Words is not [var source, var destination])
        {
            throw new CommandFailure("Error: Must specify two arguments: source and destination");
        }

        return [JsonElement.Parse(Body(string.Empty, source, destination, "consul", call.Of(Deny) ? "deny" : "allow", call.Pairs(Meta)))];
    }

    private static JsonElement ParsedOf(string path)
    {
        try
        {
            var given = JsonElement.Parse(InputFile.Read(path, "Error: File " + GoQuote.Of(path) + ": "));
            return JsonElement.Parse(Body(string.Empty, given));
        }
        catch (JsonException error)
        {
            throw new CommandFailure($"Error: File {GoQuote.Of(path)}: {error.Message}");
        }
    }

    private static byte[] Body(string id, JsonElement given) => Body(
        id, given.Text("SourceName"), given.Text("DestinationName"), given.Text("SourceType"), given.Text("Action"),
        given.Field("Meta").Fields().ToDictionary(static pair => pair.Name, static pair => pair.Value.AsText(), StringComparer.Ordinal));

    // GO-11: zero values are sent, too.
    private static byte[] Body(string id, string source, string destination, string type, string action, Dictionary<string, string> meta) => JsonShape.Body(writer =>
    {
        writer.WriteStartObject();
        if (id.Length > 0)
        {
            writer.WriteString("ID", id);
        }

        writer.WriteString("SourceNS", string.Empty);
        writer.WriteString("SourceName", source);
        writer.WriteString("DestinationNS", string.Empty);
        writer.WriteString("DestinationName", destination);
        writer.WriteString("SourceType", type);
        if (action.Length > 0)
        {
            writer.WriteString("Action", action);
        }

        JsonShape.WriteMap(writer, "Meta", meta);
        writer.WriteNumber("Precedence", 0);
        writer.WriteString("CreatedAt", NoTime);
        writer.WriteString("UpdatedAt", NoTime);
        writer.WriteNumber("CreateIndex", 0);
        writer.WriteNumber("ModifyIndex", 0);
        writer.WriteEndObject();
    });

    private static async Task WriteAsync(Invocation call, JsonElement intention)
    {
        var line = IntentionCommands.Line(intention);
        var (source, destination) = (intention.Text("SourceName"), intention.Text("DestinationName"));
        if (call.Of(Replace))
        {
            var old = await call.FindAsync(IntentionCommands.Exact(HttpMethod.Get, source, destination), $"Error: Error looking up intention for replacement with source {GoQuote.Of(source)} and destination {GoQuote.Of(destination)}: ");
            if (old is { } found)
            {
                var id = found.Text("ID");

                // One that is kept as a config entry has no ID (ICLI-4).
                var request = id.Length > 0 ? ApiRequest.Put($"{IntentionCommands.Path}/{ApiRequest.Escape(id)}") : IntentionCommands.Exact(HttpMethod.Put, source, destination);
                await call.SendAsync(request.With(Body(id, intention)), $"Error: Error replacing intention with source {GoQuote.Of(source)} and destination {GoQuote.Of(destination)}: ");
                return;
            }
        }

        await call.SendAsync(
            ApiRequest.Post(IntentionCommands.Path).With(JsonShape.Body(intention.WriteTo)), $"Error creating intention {GoQuote.Of(line)}: ");
        call.Done("Created: " + line);
    }
}
