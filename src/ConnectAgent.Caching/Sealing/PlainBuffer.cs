using System.Buffers;
using System.Security.Cryptography;

namespace ConnectAgent.Caching.Sealing;

/// <summary>Holds one plaintext at a time. Pinned, so that the collector leaves no copy behind; zeroed when it grows and at its end.</summary>
/// <param name="most">Bytes.</param>
internal sealed class PlainBuffer(int most) : IBufferWriter<byte>, IDisposable
{
    private const int First = 4096;
    private byte[] _bytes = GC.AllocateUninitializedArray<byte>(First, pinned: true);
    private int _length;

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, _length);

    public void Reset() => _length = 0;

    public void Advance(int count) => _length += count;

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        Reserve(Math.Max(1, sizeHint));
        return _bytes.AsMemory(_length);
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    /// <summary>Grows; <see cref="PlainTooLongException"/> when more was written than may be.</summary>
    private void Reserve(int more)
    {
        if (more <= _bytes.Length - _length)
        {
            return;
        }

        // Writers ask for more than they use.
        if (_length > most)
        {
            throw new PlainTooLongException(_length);
        }

        var grown = GC.AllocateUninitializedArray<byte>(Math.Max(_bytes.Length * 2, _length + more), pinned: true);
        Written.CopyTo(grown);
        CryptographicOperations.ZeroMemory(_bytes);
        _bytes = grown;
    }
}

/// <summary>A plaintext is longer than may be written.</summary>
/// <param name="length">Bytes written until it was noticed.</param>
internal sealed class PlainTooLongException(long length) : Exception
{
    public long Length { get; } = length;
}
