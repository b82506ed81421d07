using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>How documents are stored.</summary>
internal static class DocumentText
{
    // A node writes itself; the resolver is there because options without one cannot be sealed.
    public static JsonSerializerOptions Options { get; } = new()
    {
        Encoder = GoJsonEncoder.Instance,
        TypeInfoResolver = JsonTypeInfoResolver.Combine(),
    };
}

/// <summary>Reads a decoded document: what its schema knows and does not show is empty.</summary>
internal static class DocumentReading
{
    public static string Text(this JsonObject document, string name) => document[name]?.GetValue<string>() ?? string.Empty;

    public static bool Flag(this JsonObject document, string name) => document[name]?.GetValue<bool>() ?? false;

    public static bool Has(this JsonObject document, string name) => document[name] is not null;

    public static JsonObject? Object(this JsonObject document, string name) => document[name] as JsonObject;

    public static IReadOnlyList<JsonObject> Objects(this JsonObject document, string name) =>
        document[name] is JsonArray list ? [.. list.Select(element => element!.AsObject())] : [];

    public static IReadOnlyList<string> Texts(this JsonObject document, string name) =>
        document[name] is JsonArray list ? [.. list.Select(element => element!.GetValue<string>())] : [];
}

/// <summary>Refuses an entry of any kind but <c>service-intentions</c>: 400, where the reference has 500 (services CFG-4).</summary>
internal static class ConfigCheck
{
    /// <summary>The methods that permissions and routes may name.</summary>
    public static FrozenSet<string> KnownMethods { get; } = FrozenSet.Create(
        StringComparer.Ordinal, "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE");

    public static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Invalid, text);
        }
    }

    /// <summary>Refuses with all texts at once.</summary>
    public static void RequireNone(IReadOnlyList<string> errors) => Require(errors.Count == 0, ListError.Of(errors));

    /// <summary>Meta within its bounds.</summary>
    public static void RequireMeta(JsonObject document) => EntryMeta.Check(
        document.Object("Meta")?.Select(pair => KeyValuePair.Create(pair.Key, pair.Value!.GetValue<string>())), FailureKind.Invalid);

    /// <summary>Whether exactly one of them is set, as the header and query conditions want it.</summary>
    public static bool IsOne(params ReadOnlySpan<bool> facts) => facts.Count(true) == 1;
}
