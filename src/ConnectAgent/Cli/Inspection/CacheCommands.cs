using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary><c>cache list</c>, <c>cache summary</c>, <c>cache drop</c>: what the agent has cached, without any secret.</summary>
internal static class CacheCommands
{
    private static readonly Option<string?> Kind = Flag.Text("kind", "Only entries of this kind, for instance connect-ca-leaf.");
    private static readonly Option<string?> Filter = Flag.Text("filter", "Only entries that this expression holds for, for instance State==failing.");
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Group(
        "cache",
        "What the agent has cached.",
        CliCommand.Asking("list", "Lists the entries of the agent's cache.", "cache list -filter State==failing", ListAsync, Kind, Filter, Format),
        CliCommand.Asking("summary", "Shows the agent's cache in numbers.", "cache summary", SummaryAsync, Format),
        CliCommand.Asking("drop", "Drops entries of the agent's cache, by their IDs; who reads them next has them fetched anew.", "cache drop 12", DropAsync));

    private static async Task<int> ListAsync(Invocation call)
    {
        var isJson = call.IsJson(Format);
        var entries = await Invocation.GuardAsync("Error reading the cache: ", () => CacheEntries.ReadAsync(call.Api, call.Given(Kind), call.Given(Filter), call.Cancelled));
        return isJson
            ? call.Done(JsonShape.Print(JsonElement.Parse(new JsonArray([.. entries.Select(static entry => JsonNode.Parse(entry.GetRawText()))]).ToJsonString())))
            : call.Table([["ID", "Kind", "Key", "Datacenter", "Token", "State", "AgeSeconds", "Index", "SizeBytes", "Hits", "Misses", "Waiters", "LastError"], .. entries.Select(static entry => new[]
            {
                entry.Text("Id"), entry.Text("Kind"), entry.Text("Key"), entry.Text("Datacenter"), entry.Text("Token"), entry.Text("State"), entry.Text("AgeSeconds"), entry.Text("Index"),
                entry.Text("SizeBytes"), entry.Text("Hits"), entry.Text("Misses"), entry.Text("Waiters"), entry.Field("LastError").Text("Text"),
            })]);
    }

    private static async Task<int> SummaryAsync(Invocation call)
    {
        var isJson = call.IsJson(Format);
        var summary = await call.AskAsync(ApiRequest.Get(CacheEntries.Path + "/summary"), "Error reading the cache: ");
        return call.Done(isJson ? JsonShape.Print(summary) : TextTable.Of([.. Lines(summary, string.Empty)]).TrimEnd('\n'));
    }

    private static IEnumerable<string[]> Lines(JsonElement json, string prefix) => json.EnumerateObject().SelectMany(field =>
        field.Value.ValueKind == JsonValueKind.Object ? Lines(field.Value, $"{prefix}{field.Name}.") : [[prefix + field.Name, field.Value.AsText()]]);

    private static async Task<int> DropAsync(Invocation call)
    {
        if (call.Words.Count == 0)
        {
            throw new CommandFailure("Missing ID argument");
        }

        foreach (var id in call.Words)
        {
            await call.SendAsync(ApiRequest.Delete($"{CacheEntries.Path}/{ApiRequest.Escape(id)}"), $"Error dropping entry {id}: ");
            call.Done($"Dropped entry {id}");
        }

        return 0;
    }
}
