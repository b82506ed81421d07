using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>What values of files may be.</summary>
internal static class ConfigTypes
{
    public static SchemaType<object> Text { get; } = new Boxed<string>(SchemaTypes.Text);

    public static SchemaType<object> Flag { get; } = new Boxed<bool>(SchemaTypes.Flag);

    /// <summary>A number; its fraction is cut off.</summary>
    public static SchemaType<object> Number { get; } = new Boxed<int>(SchemaTypes.Int32);

    /// <summary>A number with a fraction.</summary>
    public static SchemaType<object> Real { get; } = new Boxed<double>(SchemaTypes.Real("float64"));

    /// <summary>Texts by name.</summary>
    public static SchemaType<object> Map { get; } = new Boxed<Dictionary<string, string>>(SchemaTypes.TextMap);

    /// <summary>Texts.</summary>
    public static SchemaType<object> List { get; } = new Boxed<List<string>>(SchemaTypes.Texts);

    /// <summary>An object with any keys.</summary>
    public static SchemaType<object> AnyObject { get; } = new AnyObjectType();

    /// <summary>A list of those, as the texts of JSON that they are: somebody else decodes them.</summary>
    public static SchemaType<object> AnyObjects { get; } = new AnyObjectsType();

    private sealed class Boxed<T>(SchemaType<T> type) : SchemaType<object>
        where T : notnull
    {
        public override object Empty => type.Empty;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out object read)
        {
            var isOne = type.TryRead(value, decoding, out var inner);
            read = inner;
            return isOne;
        }
    }

    private sealed class AnyObjectType : SchemaType<object>
    {
        public override object Empty => string.Empty;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out object read)
        {
            read = string.Empty;
            return decoding.ObjectsOf(value, null) is not null;
        }
    }

    private sealed class AnyObjectsType : SchemaType<object>
    {
        public override object Empty => new List<string>();

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out object read)
        {
            List<string> texts = [];
            read = texts;
            if (decoding.ElementsOf(value, null) is not { } items)
            {
                return false;
            }

            foreach (var item in items)
            {
                decoding.Enter(Place.Of(texts.Count));
                _ = decoding.ObjectsOf(item, null);
                decoding.Leave();
                texts.Add(item.GetRawText());
            }

            return true;
        }
    }
}
