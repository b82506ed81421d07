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
    public static SchemaType<string> Map { get; } = new MapValue();

    private static void Check(JsonElement value, SchemaDecoding decoding, int depth)
    {
        DepthBound.Document.Require(depth);
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                foreach (var property in value.EnumerateObject())
                {
                    Check(property.Value, decoding, depth + 1);
                }

                break;
            case JsonValueKind.Array:
                foreach (var item in value.EnumerateArray())
                {
                    Check(item, decoding, depth + 1);
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
            Check(value, decoding, decoding.Depth);
            read = value.Clone();
            return true;
        }
    }

    private sealed class MapValue : SchemaType<string>
    {
        public override string Empty => "{}";

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out string read)
        {
            read = null;
            if (decoding.ObjectsOf(value, "of type map[string]interface {}") is not [var map])
            {
                return false;
            }

            Check(map, decoding, decoding.Depth);
            read = SortedJson.Of(map);
            return true;
        }
    }
}
