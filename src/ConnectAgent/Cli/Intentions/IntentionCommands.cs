using System.Globalization;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Cli.Intentions;

/// <summary><c>intention …</c> (clients section 5, intentions ICLI-1 to ICLI-5).</summary>
internal static class IntentionCommands
{
    public const string Path = "/v1/connect/intentions";
    private const int None = 2;

    private static readonly System.CommandLine.Option<bool> BySource = Flag.Switch("source", "The name is that of a source.");
    private static readonly System.CommandLine.Option<bool> ByDestination = Flag.Switch("destination", "The name is that of a destination; so it is unless it is said.");

    public static CliCommand Create() => CliCommand.Group(
        "intention",
        "Says which services may connect to which.",
        IntentionCreateCommand.Create(),
        CliCommand.Asking("get", "Shows an intention.", "intention get web db", GetAsync),
        CliCommand.Asking("list", "Lists all intentions.", "intention list", ListAsync),
        CliCommand.Asking("match", "Lists the intentions that hold for a service.", "intention match -source web", MatchAsync, BySource, ByDestination),
        CliCommand.Asking("check", "Says whether a service may connect: exit code 0, or 1; 2 for an error.", "intention check web db", CheckAsync),
        CliCommand.Asking("delete", "Deletes an intention.", "intention delete web db", DeleteAsync));

    /// <summary>The intention between two services.</summary>
    public static ApiRequest Exact(HttpMethod method, string source, string destination) =>
        new ApiRequest(method, Path + "/exact").With("source", source).With("destination", destination);

    /// <summary>Source, destination and decision, as the reference prints them.</summary>
    public static string Line(JsonElement intention) => $"{intention.Text("SourceName")} => {intention.Text("DestinationName")} ({ActionOf(intention)})";

    // Rules of layer 7 have no action as a whole.
    private static string ActionOf(JsonElement intention) => intention.Text("Action") is { Length: > 0 } action
        ? action
        : $"{intention.Items("Permissions").Count().ToString(CultureInfo.InvariantCulture)} permissions";

    private static async Task<int> GetAsync(Invocation call)
    {
        var (request, name) = RequestOf(call, HttpMethod.Get);
        if (await call.FindAsync(request, "Error: ") is not { } intention)
        {
            throw new CommandFailure("Intention not found with " + name);
        }

        List<string[]> rows =
        [
            ["Source:", intention.Text("SourceName")],
            ["Destination:", intention.Text("DestinationName")],
            .. intention.Text("Action") is { Length: > 0 } action ? new[] { new[] { "Action:", action } } : [],
            .. intention.Text("ID") is { Length: > 0 } id ? new[] { new[] { "ID:", id } } : [],
            .. intention.Text("Description") is { Length: > 0 } description ? new[] { new[] { "Description:", description } } : [],
            .. intention.Field("Meta").Fields().Select(static pair => new[] { $"Meta[{pair.Name}]:", pair.Value.AsText() }),
            ["Created At:", intention.Time("CreatedAt").ToString("dddd, dd-MMM-yy HH:mm:ss 'UTC'", CultureInfo.InvariantCulture)],
        ];
        call.Output.Write(TextTable.Of(rows));
        return 0;
    }

    private static async Task<int> ListAsync(Invocation call)
    {
        var all = (await call.AskAsync(ApiRequest.Get(Path), "Failed to retrieve the intentions list: ")).AsItems().ToList();
        if (all.Count == 0)
        {
            throw new CommandFailure("There are no intentions.", None);
        }

        return call.Table([
            ["ID", "Source", "Action", "Destination", "Precedence"],
            .. all.Select(static one => new[] { one.Text("ID"), one.Text("SourceName"), ActionOf(one), one.Text("DestinationName"), one.Text("Precedence") }),
        ]);
    }

    private static async Task<int> MatchAsync(Invocation call)
    {
        if (call.Words is not [var name])
        {
            throw new CommandFailure("Error: command requires exactly one argument: src or dst");
        }

        if (call.Of(BySource) && call.Of(ByDestination))
        {
            throw new CommandFailure("Error: only one of -source or -destination may be specified");
        }

        var request = ApiRequest.Get(Path + "/match").With("by", call.Of(BySource) ? "source" : "destination").With("name", name);
        var answer = await call.AskAsync(request, "Error matching the connection: ");
        foreach (var intention in answer.Items(name))
        {
            call.Done(Line(intention));
        }

        return 0;
    }

    private static async Task<int> CheckAsync(Invocation call)
    {
        const int Mistake = 2;
        if (call.Words is not [var source, var destination])
        {
            throw new CommandFailure("Error: command requires exactly two arguments: src and dst", Mistake);
        }

        var request = ApiRequest.Get(Path + "/check").With("source", source).With("destination", destination).With("source-type", "consul");
        var isAllowed = (await call.AskAsync(request, "Error checking the connection: ", Mistake)).IsTrue("Allowed");
        call.Done(isAllowed ? "Allowed" : "Denied");
        return isAllowed ? 0 : 1;
    }

    private static async Task<int> DeleteAsync(Invocation call)
    {
        await call.SendAsync(RequestOf(call, HttpMethod.Delete).Request, "Error deleting the intention: ");
        return call.Done("Intention deleted.");
    }

    private static (ApiRequest Request, string Name) RequestOf(Invocation call, HttpMethod method) => call.Words switch
    {
        [var id] => (new ApiRequest(method, $"{Path}/{ApiRequest.Escape(id)}"), "ID " + GoQuote.Of(id)),
        [var source, var destination] => (Exact(method, source, destination), $"source {GoQuote.Of(source)} and destination {GoQuote.Of(destination)}"),
        _ => throw new CommandFailure("Error: command requires exactly 1 or 2 arguments"),
    };
}
