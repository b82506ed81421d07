using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Caching.Sealing;

/// <summary>
/// The bytes of a sealed file. Header: magic (8), version (2), salt (32). Then one record per entry, and one trailer record with the
/// number of entries. Record: kind (1), length of the plaintext (4), nonce (12), ciphertext, tag (16). Numbers are big-endian.
/// </summary>
/// <remarks>
/// Each file has its own key, HKDF-SHA256 of the store's key over the header, so that random nonces never come near their birthday bound
/// however often the file is rewritten. Header, position, kind and length are associated data: no record fits another place or file.
/// What it cannot tell is a whole older file that somebody put back.
/// </remarks>
internal static class SealedFormat
{
    /// <summary>Bytes of the store's key.</summary>
    public const int KeySize = 32;

    /// <summary>Most bytes of an entry, id and payload and framing together: 16 MiB.</summary>
    [Limit("sealed.entry", "bytes", "the entry is not kept")]
    public const int MaxEntry = 16 << 20;

    /// <summary>Most bytes of a file: 512 MiB.</summary>
    [Limit("sealed.file", "bytes", "further entries are not kept; a larger file is not read")]
    public const long MaxFile = 512L << 20;

    private const ushort Version = 1;
    private const int SaltSize = 32;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int RecordHeadSize = 1 + sizeof(uint);
    private const int RecordOverhead = RecordHeadSize + NonceSize + TagSize;
    private const byte EntryKind = 1;
    private const byte TrailerKind = 2;

    private static int HeaderSize => Magic.Length + sizeof(ushort) + SaltSize;

    private static ReadOnlySpan<byte> Magic => "CAgtSeal"u8;

    /// <summary>Bytes of the plaintext of an entry; bounded by <see cref="MaxEntry"/>.</summary>
    public static long PlainSize(string id, int payload) => sizeof(uint) + ((long)id.Length * sizeof(char)) + payload;

    /// <summary>Bytes that an entry takes in the file.</summary>
    public static long RecordSize(string id, int payload) => PlainSize(id, payload) + RecordOverhead;

    /// <summary>Bytes of a file with such entries.</summary>
    /// <param name="records">Sum of their <see cref="RecordSize"/>.</param>
    public static long FileSize(long records) => HeaderSize + records + RecordOverhead + sizeof(uint);

    /// <summary>Seals what the entries render under a fresh salt and fresh nonces; what is over a bound is left out.</summary>
    /// <exception cref="IOException">From the stream.</exception>
    public static SealedSummary Write(Stream stream, ReadOnlySpan<byte> key, IReadOnlyCollection<ISealable> entries)
    {
        Span<byte> header = stackalloc byte[HeaderSize];
        Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt16BigEndian(header[Magic.Length..], Version);
        RandomNumberGenerator.Fill(header[^SaltSize..]);
        stream.Write(header);

        using var cipher = Cipher(key, header);
        using var plain = new PlainBuffer(MaxEntry);
        var record = new byte[RecordOverhead + sizeof(uint)];
        var (refused, largest, size) = (0, 0L, FileSize(0));
        uint position = 0;
        foreach (var entry in entries)
        {
            if (PackEntry(plain, entry) is not { } length)
            {
                continue;
            }

            if (length > MaxEntry || size + length + RecordOverhead > MaxFile)
            {
                (refused, largest) = (refused + 1, Math.Max(largest, length));
                continue;
            }

            if (record.Length < length + RecordOverhead)
            {
                record = new byte[Math.Max(record.Length * 2, length + RecordOverhead)];
            }

            size += length + RecordOverhead;
            stream.Write(Seal(cipher, header, position++, EntryKind, plain.Written, record));
        }

        Span<byte> count = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32BigEndian(count, position);
        stream.Write(Seal(cipher, header, position, TrailerKind, count, record));
        return new SealedSummary((int)position, refused, largest);
    }

    /// <summary>Reads what is authentic; entries beside a damaged one are kept.</summary>
    /// <exception cref="IOException">From the stream, which must know its length.</exception>
    public static SealedContent Read(Stream stream, ReadOnlySpan<byte> key)
    {
        var entries = new List<SealedEntry>();
        if (stream.Length > MaxFile)
        {
            return new(entries, "larger than 512 MiB");
        }

        Span<byte> header = stackalloc byte[HeaderSize];
        if (stream.ReadAtLeast(header, HeaderSize, throwOnEndOfStream: false) < HeaderSize)
        {
            return new(entries, "truncated header");
        }

        if (!header.StartsWith(Magic))
        {
            return new(entries, "not a sealed file");
        }

        var version = BinaryPrimitives.ReadUInt16BigEndian(header[Magic.Length..]);
        if (version != Version)
        {
            return new(entries, $"unknown version {version}");
        }

        using var cipher = Cipher(key, header);
        return new(entries, ReadRecords(stream, cipher, header, entries));
    }

    /// <summary>Reads up to the trailer.</summary>
    /// <returns>What is wrong, or null.</returns>
    private static string? ReadRecords(Stream stream, AesGcm cipher, ReadOnlySpan<byte> header, List<SealedEntry> entries)
    {
        Span<byte> head = stackalloc byte[RecordHeadSize];
        uint damaged = 0;
        for (uint position = 0; ; position++)
        {
            if (stream.ReadAtLeast(head, RecordHeadSize, throwOnEndOfStream: false) < RecordHeadSize)
            {
                return "truncated: no trailer";
            }

            var kind = head[0];
            var length = BinaryPrimitives.ReadUInt32BigEndian(head[1..]);
            if (kind is not (EntryKind or TrailerKind) || length is < sizeof(uint) or > MaxEntry)
            {
                return "damaged: not a record";
            }

            // Before the allocation: a damaged length costs no memory.
            if (stream.Length - stream.Position < NonceSize + length + TagSize)
            {
                return "truncated: half a record";
            }

            var plain = GC.AllocateUninitializedArray<byte>((int)length, pinned: true);
            try
            {
                var isAuthentic = TryOpen(stream, cipher, header, position, kind, plain);
                if (kind == TrailerKind)
                {
                    return TrailerFlaw(stream, isAuthentic && BinaryPrimitives.ReadUInt32BigEndian(plain) == position, damaged);
                }

                if (isAuthentic && UnpackEntry(plain) is { } entry)
                {
                    entries.Add(entry);
                }
                else
                {
                    damaged++;
                }
            }
            finally
            {
                CryptographicOperations.ZeroMemory(plain);
            }
        }
    }

    private static string? TrailerFlaw(Stream stream, bool isGood, uint damaged)
    {
        if (!isGood)
        {
            return damaged == 0 ? "trailer is damaged" : "damaged, or sealed with another key";
        }

        if (damaged > 0)
        {
            return $"damaged entries: {damaged}";
        }

        return stream.Position == stream.Length ? null : "bytes behind the trailer";
    }

    private static AesGcm Cipher(ReadOnlySpan<byte> key, ReadOnlySpan<byte> header)
    {
        Span<byte> derived = stackalloc byte[KeySize];
        try
        {
            HKDF.DeriveKey(HashAlgorithmName.SHA256, key, derived, header[^SaltSize..], header);
            return new AesGcm(derived, TagSize);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(derived);
        }
    }

    private static ReadOnlySpan<byte> Seal(
        AesGcm cipher, ReadOnlySpan<byte> header, uint position, byte kind, ReadOnlySpan<byte> plain, byte[] record)
    {
        var sealedRecord = record.AsSpan(0, plain.Length + RecordOverhead);
        sealedRecord[0] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(sealedRecord[1..], (uint)plain.Length);
        var nonce = sealedRecord.Slice(RecordHeadSize, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        Span<byte> bound = stackalloc byte[HeaderSize + sizeof(uint) + RecordHeadSize];
        Bind(bound, header, position, kind, (uint)plain.Length);
        cipher.Encrypt(nonce, plain, sealedRecord.Slice(RecordHeadSize + NonceSize, plain.Length), sealedRecord[^TagSize..], bound);
        return sealedRecord;
    }

    private static bool TryOpen(Stream stream, AesGcm cipher, ReadOnlySpan<byte> header, uint position, byte kind, Span<byte> plain)
    {
        var body = new byte[NonceSize + plain.Length + TagSize];
        stream.ReadExactly(body);
        Span<byte> bound = stackalloc byte[HeaderSize + sizeof(uint) + RecordHeadSize];
        Bind(bound, header, position, kind, (uint)plain.Length);
        try
        {
            cipher.Decrypt(body.AsSpan(0, NonceSize), body.AsSpan(NonceSize, plain.Length), body.AsSpan()[^TagSize..], plain, bound);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static void Bind(Span<byte> bound, ReadOnlySpan<byte> header, uint position, byte kind, uint length)
    {
        header.CopyTo(bound);
        BinaryPrimitives.WriteUInt32BigEndian(bound[HeaderSize..], position);
        bound[HeaderSize + sizeof(uint)] = kind;
        BinaryPrimitives.WriteUInt32BigEndian(bound[(HeaderSize + sizeof(uint) + 1)..], length);
    }

    // The id is UTF-16 as it lies in memory: any text survives, lone surrogates included, and the file never leaves its machine.
    private static long? PackEntry(PlainBuffer plain, ISealable entry)
    {
        var id = entry.Id;
        var name = MemoryMarshal.AsBytes(id.AsSpan());
        plain.Reset();
        try
        {
            BinaryPrimitives.WriteUInt32BigEndian(plain.GetSpan(sizeof(uint)), (uint)name.Length);
            plain.Advance(sizeof(uint));
            plain.Write(name);
            return entry.TryRender(plain) ? plain.Written.Length : null;
        }
        catch (PlainTooLongException error)
        {
            return error.Length;
        }
    }

    private static SealedEntry? UnpackEntry(ReadOnlySpan<byte> plain)
    {
        var size = BinaryPrimitives.ReadUInt32BigEndian(plain);
        var rest = plain[sizeof(uint)..];
        return size <= rest.Length && size % sizeof(char) == 0
            ? new SealedEntry(new string(MemoryMarshal.Cast<byte, char>(rest[..(int)size])), rest[(int)size..].ToArray())
            : null;
    }
}

/// <summary>What a sealed file gave.</summary>
/// <param name="Entries">The authentic ones, each with memory of its own.</param>
/// <param name="Flaw">What is wrong with the file, for people; null when it is whole.</param>
internal sealed record SealedContent(IReadOnlyList<SealedEntry> Entries, string? Flaw);

/// <summary>What was written.</summary>
/// <param name="Entries">How many.</param>
/// <param name="Refused">How many are over the bound of an entry, or of the file.</param>
/// <param name="Largest">Bytes of the largest of those.</param>
internal readonly record struct SealedSummary(int Entries, int Refused, long Largest);
