using System.CommandLine;
using System.Text;
using System.Text.Json;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Inspection;

/// <summary><c>authorize</c>: asks as a proxy would whether a peer may connect, or make a request, and why.</summary>
internal static class AuthorizeCommand
{
    private const string Path = "/v1/agent/connect/authorize";

    // As those of "intention check".
    private const int Mistake = 2;

    private static readonly Option<bool> Explain = Flag.Switch("explain", "Says what decided, what was beaten, and where the data came from.");
    private static readonly Option<string?> Serial = Flag.Text("serial", "The serial number of the peer's certificate, which may be revoked.");
    private static readonly Option<string?> Method = Flag.Text("method", "Of a request: its method; the connection is meant unless this and -path are given.");
    private static readonly Option<string?> RequestPath = Flag.Text("path", "Of a request: its path.");
    private static readonly Option<string[]> Headers = Flag.Texts("header", "Of a request: a header, name=value.");
    private static readonly Option<string?> Format = Flag.Format();

    public static CliCommand Create() => CliCommand.Asking(
        "authorize",
        "Says whether a peer may connect to a service: exit code 0, or 1; 2 for an error.",
        "authorize -explain db spiffe://TRUST-DOMAIN/ns/default/dc/dc1/svc/web",
        RunAsync, Explain, Serial, Method, RequestPath, Headers, Format);

    private static async Task<int> RunAsync(Invocation call)
    {
        if (call.Words is not [var target, var peer])
        {
            throw new CommandFailure("Two arguments are required: authorize TARGET CLIENT-URI", Mistake);
        }

        var isJson = call.IsJson(Format);
        var isOfRequest = call.Given(Method) is not null || call.Given(RequestPath) is not null || call.Of(Headers).Length > 0;
        var body = JsonShape.Body(writer => Write(writer, call, target, peer, isOfRequest));
        var request = ApiRequest.Post(isOfRequest ? Path + "/http" : Path).With("explain", call.Of(Explain) ? string.Empty : null).With(body);
        var decision = await call.AskAsync(request, "Error: ", Mistake);
        call.Done(isJson ? JsonShape.Print(decision) : call.Of(Explain) ? Explained(decision) : Decided(decision));
        return decision.IsTrue("Authorized") ? 0 : 1;
    }

    private static void Write(Utf8JsonWriter writer, Invocation call, string target, string peer, bool isOfRequest)
    {
        writer.WriteStartObject();
        writer.WriteString("Target", target);
        writer.WriteString("ClientCertURI", peer);
        writer.WriteString("ClientCertSerial", call.Of(Serial));
        if (isOfRequest)
        {
            writer.WriteString("Method", call.Of(Method));
            writer.WriteString("Path", call.Of(RequestPath));
            writer.WriteStartObject("Headers");
            foreach (var (name, value) in call.Pairs(Headers))
            {
                writer.WriteString(name, value);
            }

            writer.WriteEndObject();
        }

        writer.WriteEndObject();
    }

    private static string Decided(JsonElement decision) => $"{(decision.IsTrue("Authorized") ? "Allowed" : "Denied")}: {decision.Text("Reason")}";

    private static string Explained(JsonElement decision)
    {
        List<string[]> rows = [["Decided by:", decision.Text("DecidedBy")]];
        Add("Matched:", IntentionOf(decision.Field("Matched")));
        Add("Permission:", decision.Text("Permission"));
        Add("Path:", decision.Text("Path"));
        foreach (var beaten in decision.Items("Beaten"))
        {
            rows.Add(["Beaten:", IntentionOf(beaten)]);
        }

        Add("Beaten in all:", decision.Text("BeatenCount"));
        Add("Candidates:", decision.Text("Candidates"));
        var (fallback, cache) = (decision.Field("Default"), decision.Field("Cache"));
        Add("Default:", fallback.ValueKind == JsonValueKind.Object
            ? $"{(fallback.IsTrue("Allowed") ? "allow" : "deny")}, {(fallback.IsTrue("Used") ? "used" : "not used")}: {fallback.Text("Why")}" : string.Empty);
        Add("Cache:", cache.ValueKind == JsonValueKind.Object
            ? $"{cache.Text("State")}, {cache.Text("AgeSeconds")} s old, index {cache.Text("Index")}{(cache.IsTrue("InContact") ? string.Empty : ", the servers are unreachable")}" : string.Empty);
        return new StringBuilder(Decided(decision)).Append("\n\n").Append(TextTable.Of(rows).TrimEnd('\n')).ToString();

        void Add(string name, string value)
        {
            if (value.Length > 0)
            {
                rows.Add([name, value]);
            }
        }
    }

    private static string IntentionOf(JsonElement intention) => intention.ValueKind == JsonValueKind.Object
        ? $"{intention.Text("SourceName")} => {intention.Text("DestinationName")} ({(intention.Text("Action") is { Length: > 0 } action ? action : intention.Text("Permissions") + " permissions")}), precedence {intention.Text("Precedence")}"
        : string.Empty;
}
