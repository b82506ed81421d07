using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>A list. A single value stands for a list of one (intentions CE-4); an empty object for none.</summary>
/// <param name="element">What its elements are.</param>
/// <param name="bound">How many it may have; null where the entry is checked for it, because it is also written by other calls.</param>
/// <param name="refusesNull">A null element makes the reference crash: an error here (DEF-1).</param>
internal sealed class ListType(ConfigType element, CountBound? bound, bool refusesNull = false) : ConfigType
{
    private readonly ListType<JsonNode?> _list = new(element, bound, refusesNull);

    public ConfigType Element => element;

    public CountBound? Bound => bound;

    public override JsonNode? Empty => new JsonArray();

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) =>
        _list.TryRead(value, decoding, out var read) && read.Count > 0 ? new JsonArray([.. read]) : null;
}

/// <summary>A map with free keys, sorted by them (http-conventions JSON-1). A list of maps is merged.</summary>
/// <param name="element">What its values are.</param>
/// <param name="bound">As for lists; a key is bounded as a name.</param>
internal sealed class MapType(ConfigType element, CountBound? bound) : ConfigType
{
    private readonly MapType<JsonNode?> _map = new(element, bound, bound is null ? null : TextBounds.Name);

    public ConfigType Element => element;

    public CountBound? Bound => bound;

    public override JsonNode? Empty => new JsonObject();

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) =>
        _map.TryRead(value, decoding, out var read) && read.Count > 0 ? new JsonObject(read.OrderBy(pair => pair.Key, StringComparer.Ordinal)) : null;
}

/// <summary>Free JSON: an object whose values are kept as they are (services CFG-9), with sorted keys at all levels.</summary>
internal sealed class FreeMapType : ConfigType
{
    public static FreeMapType Instance { get; } = new();

    public override JsonNode? Empty => null;

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding)
    {
        // A block of HCL is a list of one.
        var one = value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1 ? value[0] : value;
        if (one.ValueKind == JsonValueKind.Object)
        {
            return JsonNode.Parse(SortedJson.Of(one));
        }

        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() > 0)
        {
            decoding.NoMap(value);
        }

        return null;
    }
}
