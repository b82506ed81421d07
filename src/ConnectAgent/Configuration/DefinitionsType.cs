using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>Services or checks that a file defines: one, or a list of them (config-and-cli section 2).</summary>
/// <param name="item">What each must be.</param>
/// <param name="isList">Whether the key is the plural one.</param>
internal sealed class DefinitionsType<T>(SchemaType<T> item, bool isList) : SchemaType<object>
{
    public override object Empty => new List<T>();

    public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out object read)
    {
        List<T> items = [];
        read = items;
        if (!isList)
        {
            return TryAdd(items, value, decoding);
        }

        if (decoding.ElementsOf(value, null) is not { } elements)
        {
            return false;
        }

        foreach (var (position, element) in elements.Index())
        {
            decoding.Enter(Place.Of(position));
            _ = TryAdd(items, element, decoding);
            decoding.Leave();
        }

        return true;
    }

    private bool TryAdd(List<T> items, JsonElement value, SchemaDecoding decoding)
    {
        if (!item.TryRead(value, decoding, out var one))
        {
            return false;
        }

        items.Add(one);
        return true;
    }
}
