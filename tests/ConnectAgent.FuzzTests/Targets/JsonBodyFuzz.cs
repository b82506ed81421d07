using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Ca;
using ConnectAgent.Http.Intentions;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;

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
        var isTaken = Try(input, IntentionBody.Schema, out _);
        if (Try(input, CaConfigurationBody.Schema, out var change))
        {
            isTaken = true;
            RequireKept(change.Config);
        }

        if (Try(input, KeptJson.Document, out var document))
        {
            isTaken = true;
            RequireKept(SortedJson.Of(document));
        }

        return isTaken;
    }

    // What is kept is read again as it was, and holds no number that the reference's clients could not read.
    private static void RequireKept(string json)
    {
        Require(Try(Encoding.UTF8.GetBytes(json), KeptJson.Document, out var again), "what is kept cannot be read again");
        Require(SortedJson.Of(again) == SortedJson.Of(JsonElement.Parse(json)), "what is kept is read again as something else");
    }

    private static bool Try<T>(byte[] input, SchemaType<T> schema, [MaybeNullWhen(false)] out T read)
    {
        try
        {
            read = RequestBody.DecodeBytes(input, schema);
            return true;
        }
        catch (GoJsonException error)
        {
            Require(error.Message.Length is > 0 and var length && length <= input.Length + 400, "an error that says nothing, or all of the body");
            read = default;
            return false;
        }
    }
}
