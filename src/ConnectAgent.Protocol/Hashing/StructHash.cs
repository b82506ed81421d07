using System.Buffers.Binary;
using System.Text;

namespace ConnectAgent.Protocol.Hashing;

/// <summary>
/// The hash of a value by its structure, which clients compare with their own (services HASH-1 to HASH-4): FNV-1 with 64 bits, which is not
/// FNV-1a, over the parts.
/// </summary>
public static class StructHash
{
    private const ulong Start = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    /// <summary>Of null, and of an object that is not there.</summary>
    public static ulong Null { get; } = Of(0L);

    /// <summary>Of bytes.</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = Start;
        foreach (var value in bytes)
        {
            hash = (hash * Prime) ^ value;
        }

        return hash;
    }

    public static ulong Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public static ulong Of(long number) => Of((ulong)number);

    public static ulong Of(ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        return Of(bytes);
    }

    public static ulong Of(double number) => Of(BitConverter.DoubleToUInt64Bits(number));

    public static ulong Of(bool value) => Of(value ? [1] : [0]);

    /// <summary>Of elements in their order.</summary>
    /// <param name="hashes">Of each element.</param>
    public static ulong OfList(IEnumerable<ulong> hashes) => hashes.Aggregate(0UL, Ordered);

    /// <summary>Of pairs in any order.</summary>
    /// <param name="pairs">The hash of each value by its key.</param>
    public static ulong OfMap(IEnumerable<KeyValuePair<string, ulong>> pairs) =>
        pairs.Aggregate(0UL, static (hash, pair) => hash ^ Ordered(Of(pair.Key), pair.Value));

    /// <summary>Of a record: all of its fields, those that are empty included.</summary>
    /// <param name="type">The name of its type.</param>
    /// <param name="fields">The hash of each value by its field's name.</param>
    public static ulong OfRecord(string type, params ReadOnlySpan<(string Name, ulong Hash)> fields)
    {
        var hash = Of(type);
        foreach (var (name, value) in fields)
        {
            hash ^= Ordered(Of(name), value);
        }

        return hash;
    }

    private static ulong Ordered(ulong one, ulong other)
    {
        Span<byte> bytes = stackalloc byte[2 * sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, one);
        BinaryPrimitives.WriteUInt64LittleEndian(bytes[sizeof(ulong)..], other);
        return Of(bytes);
    }
}
