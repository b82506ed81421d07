using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane;

/// <summary>All kinds (services CFG-1), and how a body finds its own.</summary>
internal static class ConfigEntryKinds
{
    /// <summary>By name.</summary>
    public static IReadOnlyList<ConfigEntryKind> All { get; } =
        [.. DocumentKinds.All.Append<ConfigEntryKind>(new ServiceIntentionsKind()).OrderBy(kind => kind.Name, StringComparer.Ordinal)];

    private static readonly FrozenDictionary<string, ConfigEntryKind> ByName =
        All.ToFrozenDictionary(kind => kind.Name, StringComparer.Ordinal);

    /// <summary>The kind that a path names.</summary>
    /// <exception cref="ServerException">400, where the reference has 500 on reads (CFG-5).</exception>
    public static ConfigEntryKind Named(string name) => ByName.GetValueOrDefault(name) ?? throw new ServerException(FailureKind.Invalid, Unknown(name));

    /// <summary>Decodes a body (intentions CE-22): first the kind, then the fields.</summary>
    /// <param name="body">Null for a JSON null.</param>
    /// <exception cref="ConfigDecodeException">It is no entry.</exception>
    public static (ConfigEntryKind Kind, JsonObject Document) Decode(JsonNode? body)
    {
        if (body is not (null or JsonObject))
        {
            var found = body.GetValueKind() switch
            {
                JsonValueKind.Array => "slice",
                JsonValueKind.String => "string",
                JsonValueKind.Number => "float64",
                _ => "bool",
            };
            throw new ConfigDecodeException($"'' expected a map, got '{found}'");
        }

        var given = ((JsonObject?)body)?.LastOrDefault(pair => pair.Key.Equals("Kind", StringComparison.OrdinalIgnoreCase));
        if (given is not { Key: not null } named)
        {
            throw new ConfigDecodeException("Payload does not contain a kind/Kind key at the top level");
        }

        if (named.Value?.GetValueKind() != JsonValueKind.String)
        {
            throw new ConfigDecodeException("Kind value in payload is not a string");
        }

        var kind = ByName.GetValueOrDefault(named.Value.GetValue<string>()) ?? throw new ConfigDecodeException(Unknown(named.Value.GetValue<string>()));
        var decoding = new ConfigDecoding();
        var document = kind.Schema.Decode(body, string.Empty, decoding)!.AsObject();
        decoding.Finish();
        return (kind, document);
    }

    /// <summary>Whether what is stored can be read by whoever uses it; for rows from a file.</summary>
    public static bool IsReadable(ConfigEntry entry) => ByName.GetValueOrDefault(entry.Kind) is DocumentKind kind && kind.IsReadable(entry);

    private static string Unknown(string name) => "invalid config entry kind: " + name;
}
