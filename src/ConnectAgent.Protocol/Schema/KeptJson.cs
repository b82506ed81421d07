using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>Values that are kept as they are. The reference reads each number of one into a double, so one beyond that is refused.</summary>
public static class KeptJson
{
    /// <summary>A whole document, for bodies whose shape another field tells.</summary>
    public static SchemaType<JsonElement> Document { get; } = new DocumentValue();

    /// <summary>An object, as text in <see cref="SortedJson"/>'s form.</summary>
    public static SchemaType<string> Map { get; } = new MapValue(own: null);

    /// <summary>The same, nested so deep at most wherever it stands: it may be shown in other places than where it came.</summary>
    internal static SchemaType<string> MapOf(DepthBound own) => new MapValue(own);

    private static void Check(JsonElement value, SchemaDecoding decoding, DepthBound bound, int depth)
    {
        bound.Require(depth);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    Check(property.Value, decoding, bound, depth + 1);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Check(item, decoding, bound, depth + 1);
                }

                break;
            case JsonValueKind.Number:
                _ = decoding.TryReal(value, "float64", out _);
                break;
        }
    }

    private sealed class DocumentValue : SchemaType<JsonElement>
    {
        public override JsonElement Empty { get; } = JsonElement.Parse("null");

        internal override DepthBound Depth => DepthBound.Document;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out JsonElement read)
        {
            Check(value, decoding, DepthBound.Document, decoding.Depth);
            read = value.Clone();
            return true;
        }
    }

    private sealed class MapValue(DepthBound? own) : SchemaType<string>
    {
        public override string Empty => "{}";

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out string read)
        {
            read = null;
            if (decoding.ObjectsOf(value, "of type map[string]interface {}") is not [var map])
            {
                return false;
            }

            Check(map, decoding, own ?? DepthBound.Document, own is null ? decoding.Depth : 0);
            read = SortedJson.Of(map);
            return true;
        }
    }
}
