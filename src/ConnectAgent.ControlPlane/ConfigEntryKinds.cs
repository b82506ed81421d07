using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;

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
    /// <exception cref="MapstructureException">It is no entry.</exception>
    public static (ConfigEntryKind Kind, JsonObject Document) Decode(JsonElement body)
    {
        if (body.ValueKind is not (JsonValueKind.Null or JsonValueKind.Object))
        {
            throw new MapstructureException($"'' expected a map, got '{JsonKinds.GoKindOf(body)}'");
        }

        var given = body.ValueKind == JsonValueKind.Null
            ? default
            : body.EnumerateObject().LastOrDefault(property => property.Name.Equals("Kind", StringComparison.OrdinalIgnoreCase)).Value;
        switch (given.ValueKind)
        {
            case JsonValueKind.Undefined:
                throw new MapstructureException("Payload does not contain a kind/Kind key at the top level");
            case JsonValueKind.String when given.GetString()! is var name:
                var kind = ByName.GetValueOrDefault(name) ?? throw new MapstructureException(Unknown(name));
                return (kind, kind.Decode(body, new EntryDecoding()));
            default:
                throw new MapstructureException("Kind value in payload is not a string");
        }
    }

    private static string Unknown(string name) => "invalid config entry kind: " + name;
}
