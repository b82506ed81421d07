using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>A list.</summary>
/// <param name="element">What its elements are.</param>
/// <param name="bound">How many it may have; null where that is checked elsewhere.</param>
/// <param name="refusesNull">A null element makes the reference crash: an error here (intentions DEF-1).</param>
/// <param name="goTarget">What Go's errors call it when it is something else.</param>
public sealed class ListType<T>(SchemaType<T> element, CountBound? bound = null, bool refusesNull = false, string? goTarget = null) : SchemaType<List<T>>
{
    /// <inheritdoc/>
    public override List<T> Empty => [];

    /// <inheritdoc/>
    public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out List<T> read)
    {
        read = null;
        if (decoding.ElementsOf(value, goTarget ?? "of type []interface") is not { } elements)
        {
            return false;
        }

        if (value.ValueKind == JsonValueKind.Array)
        {
            decoding.Bound(bound, value.GetArrayLength());
        }

        read = [];
        foreach (var given in elements)
        {
            if (refusesNull && given.ValueKind == JsonValueKind.Null)
            {
                throw decoding.NullElement();
            }

            decoding.Enter(Place.Of(read.Count));
            read.Add(element.ReadOrEmpty(given, decoding));
            decoding.Leave();
        }

        return true;
    }
}
