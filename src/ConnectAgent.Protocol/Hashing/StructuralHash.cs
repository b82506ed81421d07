using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace ConnectAgent.Protocol.Hashing;

/// <summary>The reference's hash of values by their structure (services HASH-1 to HASH-4), over FNV-1 of 64 bits. It is not meant to withstand anybody.</summary>
public static class StructuralHash
{
    private const ulong Offset = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    /// <summary>What stands where there is no value.</summary>
    public static ulong Absent { get; } = Of(0L);

    /// <summary>A text.</summary>
    public static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = Offset;
        Span<byte> encoded = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            hash = Continue(hash, encoded[..rune.EncodeToUtf8(encoded)]);
        }

        return hash;
    }

    /// <summary>A text in UTF-8.</summary>
    public static ulong Of(ReadOnlySpan<byte> text) => Continue(Offset, text);

    /// <summary>A whole number with sign.</summary>
    public static ulong Of(long number) => Of((ulong)number);

    /// <summary>A whole number without sign.</summary>
    public static ulong Of(ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return Of(bytes);
    }

    /// <summary>A truth value.</summary>
    public static ulong Of(bool flag) => Of([flag ? (byte)1 : (byte)0]);

    /// <summary>A number with a fraction.</summary>
    public static ulong Of(double number) => Of(BitConverter.DoubleToUInt64Bits(number));

    /// <summary>Two hashes whose order counts: an element after others, a field and its value.</summary>
    public static ulong Ordered(ulong first, ulong second)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, first);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(ulong)..], second);
        return Of(bytes);
    }

    /// <summary>A list.</summary>
    public static ulong Of<T>(IReadOnlyList<T> list, Func<T, ulong> ofElement)
    {
        ArgumentNullException.ThrowIfNull(list);
        ArgumentNullException.ThrowIfNull(ofElement);
        var hash = 0UL;
        for (var i = 0; i < list.Count; i++)
        {
            hash = Ordered(hash, ofElement(list[i]));
        }

        return hash;
    }

    /// <summary>A map; the order of its entries does not count.</summary>
    public static ulong Of<T>(IReadOnlyDictionary<string, T> map, Func<T, ulong> ofValue)
    {
        ArgumentNullException.ThrowIfNull(map);
        ArgumentNullException.ThrowIfNull(ofValue);
        var hash = 0UL;
        foreach (var (key, value) in map)
        {
            hash ^= Ordered(Of(key), ofValue(value));
        }

        return hash;
    }

    /// <summary>An object without known fields, as JSON (HASH-4).</summary>
    /// <param name="json">An object; null for none, which is as good as one without fields.</param>
    public static ulong OfJson(string? json)
    {
        if (json is null)
        {
            return 0;
        }

        var rented = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(json.Length));
        try
        {
            var reader = new Utf8JsonReader(rented.AsSpan(0, Encoding.UTF8.GetBytes(json, rented)));
            reader.Read();
            return OfJson(ref reader);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private static ulong OfJson(ref Utf8JsonReader reader)
    {
        var hash = 0UL;
        switch (reader.TokenType)
        {
            case JsonTokenType.StartObject:
                while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                {
                    var key = OfText(ref reader);
                    reader.Read();
                    hash ^= Ordered(key, OfJson(ref reader));
                }

                return hash;
            case JsonTokenType.StartArray:
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    hash = Ordered(hash, OfJson(ref reader));
                }

                return hash;
            case JsonTokenType.String:
                return OfText(ref reader);
            case JsonTokenType.Number:
                return Of(reader.GetDouble());
            case JsonTokenType.True or JsonTokenType.False:
                return Of(reader.TokenType == JsonTokenType.True);
            default:
                return Absent;
        }
    }

    private static ulong OfText(ref Utf8JsonReader reader) => reader.ValueIsEscaped ? Of(reader.GetString()) : Of(reader.ValueSpan);

    private static ulong Continue(ulong hash, ReadOnlySpan<byte> bytes)
    {
        foreach (var value in bytes)
        {
            hash = unchecked(hash * Prime) ^ value;
        }

        return hash;
    }
}
