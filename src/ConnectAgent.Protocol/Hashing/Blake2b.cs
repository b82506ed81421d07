using System.Buffers.Binary;
using System.Numerics;

namespace ConnectAgent.Protocol.Hashing;

/// <summary>BLAKE2b as RFC 7693 has it; the platform has none. The hash of an intention is one (intentions IXN-14).</summary>
public static class Blake2b
{
    /// <summary>The longest digest and the longest key, in bytes.</summary>
    public const int FullLength = 64;

    private const int BlockSize = 128;
    private const int Rounds = 12;

    private static readonly ulong[] Start =
    [
        0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
        0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179,
    ];

    // RFC 7693 section 2.7: which words of the block each round mixes; rounds 10 and 11 use the first two rows again.
    private static readonly byte[][] Schedule =
    [
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
        [14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3],
        [11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4],
        [7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8],
        [9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13],
        [2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9],
        [12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11],
        [13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10],
        [6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5],
        [10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0],
    ];

    /// <summary>Hashes data.</summary>
    /// <param name="data">Of any length.</param>
    /// <param name="length">Of the digest, 1 to 64 bytes.</param>
    /// <param name="key">Empty, or up to 64 bytes.</param>
    public static byte[] Hash(ReadOnlySpan<byte> data, int length, ReadOnlySpan<byte> key = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, FullLength);
        if (key.Length > FullLength)
        {
            throw new ArgumentException($"longer than {FullLength} bytes", nameof(key));
        }

        Span<ulong> state = stackalloc ulong[8];
        Start.CopyTo(state);
        state[0] ^= 0x01010000UL ^ ((ulong)key.Length << 8) ^ (ulong)length;
        Span<byte> block = stackalloc byte[BlockSize];
        var taken = 0UL;
        if (!key.IsEmpty)
        {
            block.Clear();
            key.CopyTo(block);
            taken = BlockSize;
            Compress(state, block, taken, isLast: data.IsEmpty);
        }

        while (data.Length > BlockSize)
        {
            taken += BlockSize;
            Compress(state, data[..BlockSize], taken, isLast: false);
            data = data[BlockSize..];
        }

        if (!data.IsEmpty || key.IsEmpty)
        {
            block.Clear();
            data.CopyTo(block);
            Compress(state, block, taken + (ulong)data.Length, isLast: true);
        }

        Span<byte> digest = stackalloc byte[FullLength];
        for (var i = 0; i < state.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest[(i * sizeof(ulong))..], state[i]);
        }

        return digest[..length].ToArray();
    }

    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong taken, bool isLast)
    {
        Span<ulong> words = stackalloc ulong[16];
        for (var i = 0; i < words.Length; i++)
        {
            words[i] = BinaryPrimitives.ReadUInt64LittleEndian(block[(i * sizeof(ulong))..]);
        }

        Span<ulong> work = stackalloc ulong[16];
        state.CopyTo(work);
        Start.CopyTo(work[8..]);

        // The counter has 128 bits; data of 2^64 bytes does not fit into memory.
        work[12] ^= taken;
        work[14] ^= isLast ? ulong.MaxValue : 0;
        for (var round = 0; round < Rounds; round++)
        {
            ReadOnlySpan<byte> pick = Schedule[round % Schedule.Length];
            Mix(work, 0, 4, 8, 12, words[pick[0]], words[pick[1]]);
            Mix(work, 1, 5, 9, 13, words[pick[2]], words[pick[3]]);
            Mix(work, 2, 6, 10, 14, words[pick[4]], words[pick[5]]);
            Mix(work, 3, 7, 11, 15, words[pick[6]], words[pick[7]]);
            Mix(work, 0, 5, 10, 15, words[pick[8]], words[pick[9]]);
            Mix(work, 1, 6, 11, 12, words[pick[10]], words[pick[11]]);
            Mix(work, 2, 7, 8, 13, words[pick[12]], words[pick[13]]);
            Mix(work, 3, 4, 9, 14, words[pick[14]], words[pick[15]]);
        }

        for (var i = 0; i < state.Length; i++)
        {
            state[i] ^= work[i] ^ work[i + 8];
        }
    }

    private static void Mix(Span<ulong> work, int a, int b, int c, int d, ulong first, ulong second)
    {
        work[a] += work[b] + first;
        work[d] = BitOperations.RotateRight(work[d] ^ work[a], 32);
        work[c] += work[d];
        work[b] = BitOperations.RotateRight(work[b] ^ work[c], 24);
        work[a] += work[b] + second;
        work[d] = BitOperations.RotateRight(work[d] ^ work[a], 16);
        work[c] += work[d];
        work[b] = BitOperations.RotateRight(work[b] ^ work[c], 63);
    }
}
