using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Ca;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The reader of JSON bodies (http-conventions BODY-1 to BODY-3): as a whole document, and as what several endpoints take.</summary>
internal sealed class JsonBodyFuzz : FuzzTarget
{
    public override string Name => "json-body";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "false", "0", "-1", "1.5e3", "1e400", "1e-400", "\"", "\"a\"", "\"\\u0000\"", "\"\\ud800\"", "\"\\ud83d\\ude00\"", "\\",
        "\"SourceName\":", "\"DestinationName\":", "\"Permissions\":[", "\"Meta\":{", "\"Action\":\"allow\"", "\"Provider\":", "\"Config\":{", "\"State\":{",
        "\"ModifyIndex\":", "\"Precedence\":", "\"LeafCertTTL\":\"1h\"", " ", "\n", "{\"a\":", "[[",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException)];

    public override long WorkPerByte => 2_048;

    public override bool Run(byte[] input)
    {
        var isTaken = Takes(input, static (ref GoJsonReader json) => IntentionBody.Read(ref json));
        if (Try(input, static (ref GoJsonReader json) => CaConfigurationBody.Read(ref json)) is { } change)
        {
            isTaken = true;
            RequireKept(change.Config);
        }

        if (Try(input, static (ref GoJsonReader json) => new Box(json.Document())) is { } document)
        {
            isTaken = true;
            RequireKept(document.Value?.ToJsonString() ?? "null");
        }

        return isTaken;
    }

    // What is kept is read again as it was, and holds no number that the reference's clients could not read.
    private static void RequireKept(string json)
    {
        var again = Try(Encoding.UTF8.GetBytes(json), static (ref GoJsonReader reader) => new Box(reader.Document()));
        Require(again is not null, "what is kept cannot be read again");
        Require((again!.Value?.ToJsonString() ?? "null") == (JsonNode.Parse(json)?.ToJsonString() ?? "null"), "what is kept is read again as something else");
    }

    private static bool Takes<T>(byte[] input, RequestBody.Decoder<T> decode)
        where T : class => Try(input, decode) is not null;

    private static T? Try<T>(byte[] input, RequestBody.Decoder<T> decode)
        where T : class
    {
        try
        {
            return RequestBody.DecodeBytes(input, decode);
        }
        catch (GoJsonException error)
        {
            Require(error.Message.Length is > 0 and var length && length <= input.Length + 400, "an error that says nothing, or all of the body");
            return null;
        }
    }

    private sealed record Box(JsonNode? Value);
}
