namespace ConnectAgent.Protocol.Hashing;

/// <summary>The <see cref="StructuralHash"/> of a record, field by field in any order; fields that are zero count (services HASH-3).</summary>
/// <param name="typeName">The reference's name of the type.</param>
public struct RecordHash(ReadOnlySpan<byte> typeName)
{
    /// <summary>Of what has been added.</summary>
    public ulong Value { get; private set; } = StructuralHash.Of(typeName);

    /// <summary>A field that holds a record, a list or a map.</summary>
    public void Add(ReadOnlySpan<byte> name, ulong hash) => Value ^= StructuralHash.Ordered(StructuralHash.Of(name), hash);

    /// <summary>A field that holds a text.</summary>
    public void Add(ReadOnlySpan<byte> name, string text) => Add(name, StructuralHash.Of(text));

    /// <summary>A field that holds a whole number.</summary>
    public void Add(ReadOnlySpan<byte> name, int number) => Add(name, StructuralHash.Of((long)number));

    /// <summary>A field that holds a truth value.</summary>
    public void Add(ReadOnlySpan<byte> name, bool flag) => Add(name, StructuralHash.Of(flag));
}
