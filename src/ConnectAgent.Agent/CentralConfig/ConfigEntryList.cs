using System.Collections.Frozen;
using System.Text.Json;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Agent.CentralConfig;

/// <summary>The config entries of one kind, as far as they say something to proxies (services CENT-2). Immutable.</summary>
internal sealed class ConfigEntryList
{
    private readonly FrozenDictionary<string, CentralEntry> _byName;

    private ConfigEntryList(ReadOnlyMemory<byte> json, FrozenDictionary<string, CentralEntry> byName) => (Json, _byName) = (json, byName);

    public static ConfigEntryList None { get; } = new("[]"u8.ToArray(), FrozenDictionary<string, CentralEntry>.Empty);

    /// <summary>The servers' list, as it came.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    public int Count => _byName.Count;

    /// <summary>The entry of a name, without regard to letter case; <see cref="CentralEntry.None"/> when there is none.</summary>
    public CentralEntry Of(string name) => _byName.GetValueOrDefault(NameKey.Of(name), CentralEntry.None);

    /// <summary>Whether both say the same.</summary>
    public bool SaysTheSame(ConfigEntryList other) => Json.Span.SequenceEqual(other.Json.Span);

    /// <summary>Reads a list.</summary>
    /// <exception cref="JsonException">It is none, or has an entry without a name.</exception>
    public static ConfigEntryList Parse(ReadOnlyMemory<byte> json)
    {
        using var document = JsonDocument.Parse(json);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new JsonException("it is no list of config entries");
        }

        Dictionary<string, CentralEntry> byName = new(StringComparer.Ordinal);
        foreach (var entry in document.RootElement.EnumerateArray())
        {
            byName[NameOf(entry)] = CentralEntry.Of(entry);
        }

        return new ConfigEntryList(json, byName.ToFrozenDictionary(StringComparer.Ordinal));
    }

    private static string NameOf(JsonElement entry) =>
        entry is { ValueKind: JsonValueKind.Object } && entry.TryGetProperty("Name", out var name) && name is { ValueKind: JsonValueKind.String }
            ? NameKey.Of(name.GetString()!)
            : throw new JsonException("a config entry without a name");
}
