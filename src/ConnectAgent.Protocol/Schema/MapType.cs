using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>A map with free keys.</summary>
/// <param name="element">What its values are.</param>
/// <param name="bound">How many it may have; null where that is checked elsewhere.</param>
/// <param name="keyBound">How long a key may be.</param>
/// <param name="goTarget">What Go's errors call it when it is something else.</param>
public sealed class MapType<T>(SchemaType<T> element, CountBound? bound = null, LengthBound? keyBound = null, string? goTarget = null)
    : SchemaType<Dictionary<string, T>>
{
    /// <inheritdoc/>
    public override Dictionary<string, T> Empty => new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public override bool TryRead(JsonElement value, SchemaDecoding decoding, [MaybeNullWhen(false)] out Dictionary<string, T> read)
    {
        read = null;
        if (decoding.ObjectsOf(value, goTarget) is not { } parts)
        {
            return false;
        }

        read = Empty;
        foreach (var part in parts)
        {
            var properties = decoding.PropertiesOf(part).ToList();
            decoding.Bound(bound, properties.Count);
            foreach (var property in properties)
            {
                var key = property.Name;
                decoding.Bound(keyBound, key, "a key of ");
                decoding.Enter(Place.Of(key));
                read[key] = element.ReadOrEmpty(property.Value, decoding);
                decoding.Leave();
            }
        }

        return true;
    }
}
