using System.Text;

namespace ConnectAgent.Protocol.Text;

/// <summary>A text held as UTF-8; made a string anew each time that it is asked for.</summary>
internal readonly struct CompactText(string text) : IEquatable<CompactText>
{
    private readonly byte[]? _bytes = Encoding.UTF8.GetBytes(text);

    public bool Equals(CompactText other) => _bytes.AsSpan().SequenceEqual(other._bytes);

    public override bool Equals(object? obj) => obj is CompactText other && Equals(other);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(_bytes);
        return hash.ToHashCode();
    }

    public override string ToString() => _bytes is null ? string.Empty : Encoding.UTF8.GetString(_bytes);
}
