using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>A type of which something else is made once it has been read whole.</summary>
internal sealed class MappedType<TFrom, T>(SchemaType<TFrom> from, Func<TFrom, T> map) : SchemaType<T>
{
    public override T Empty => map(from.Empty);

    internal override DepthBound Depth => from.Depth;

    public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out T read)
    {
        var isRead = from.TryRead(value, decoding, out var whole);
        read = isRead ? map(whole!) : default;
        return isRead;
    }
}
