using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>A list. A single value stands for a list of one (intentions CE-4); an empty object for none.</summary>
/// <param name="element">What its elements are.</param>
/// <param name="bound">How many it may have; null where the entry is checked for it, because it is also written by other calls.</param>
/// <param name="refusesNull">A null element makes the reference crash: an error here (DEF-1).</param>
internal sealed class ListType(ConfigType element, CountBound? bound, bool refusesNull = false) : ConfigType
{
    public ConfigType Element => element;

    public CountBound? Bound => bound;

    public override JsonNode? Empty => new JsonArray();

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        if (value is null or JsonObject { Count: 0 })
        {
            return null;
        }

        var list = new JsonArray();
        if (value is not JsonArray given)
        {
            list.Add(element.Decode(value, path + "[0]", decoding) ?? element.Empty);
            return list;
        }

        decoding.Bound(bound, given.Count, path);
        for (var i = 0; i < given.Count; i++)
        {
            if (given[i] is null && refusesNull)
            {
                throw new ConfigDecodeException("null entry in " + path[(path.LastIndexOf('.') + 1)..]);
            }

            list.Add(element.Decode(given[i], $"{path}[{i}]", decoding) ?? element.Empty);
        }

        return list.Count == 0 ? null : list;
    }
}

/// <summary>A map with free keys, sorted by them (http-conventions JSON-1). A list of maps is merged.</summary>
/// <param name="element">What its values are.</param>
/// <param name="bound">As for lists; a key is bounded as a name.</param>
internal sealed class MapType(ConfigType element, CountBound? bound) : ConfigType
{
    public ConfigType Element => element;

    public CountBound? Bound => bound;

    public override JsonNode? Empty => new JsonObject();

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        SortedDictionary<string, JsonNode?> sorted = new(StringComparer.Ordinal);
        foreach (var part in ObjectType.Parts(value))
        {
            if (part is not JsonObject map)
            {
                decoding.NoMap(path, KindOf(part));
                continue;
            }

            decoding.Bound(bound, map.Count, path);
            foreach (var (key, inner) in map)
            {
                if (bound is not null)
                {
                    decoding.Bound(TextBounds.Name, key, $"a key of {path}");
                }

                sorted[key] = element.Decode(inner, $"{path}[{key}]", decoding) ?? element.Empty;
            }
        }

        return sorted.Count == 0 ? null : new JsonObject(sorted);
    }
}

/// <summary>Free JSON: an object whose values are kept as they are (services CFG-9), with sorted keys at all levels.</summary>
internal sealed class FreeMapType : ConfigType
{
    public static FreeMapType Instance { get; } = new();

    public override JsonNode? Empty => null;

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        switch (value)
        {
            case null or JsonArray { Count: 0 }:
                return null;
            case JsonObject map:
                return Sorted(map);
            default:
                decoding.NoMap(path, KindOf(value));
                return null;
        }
    }

    /// <summary>A copy with sorted keys at all levels, so that equal ones are equal texts.</summary>
    public static JsonNode? Sorted(JsonNode? value) => value switch
    {
        JsonObject map => new JsonObject(map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => KeyValuePair.Create(pair.Key, Sorted(pair.Value)))),
        JsonArray list => new JsonArray([.. list.Select(Sorted)]),
        JsonValue number when number.GetValueKind() == JsonValueKind.Number && number.GetValue<double>() is var real && !double.IsFinite(real) =>
            JsonValue.Create(real > 0 ? double.MaxValue : double.MinValue), // an earlier revision stored such
        _ => value?.DeepClone(),
    };
}
