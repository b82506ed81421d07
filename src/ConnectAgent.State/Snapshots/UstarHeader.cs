using System.Globalization;
using System.Text;

namespace ConnectAgent.State.Snapshots;

/// <summary>
/// One header block of a tar archive, POSIX ustar. The library's reader takes long names, links and attributes into memory by itself, as long as
/// their headers say, and cannot be told how much: so the few fields that a snapshot needs are read here.
/// </summary>
/// <param name="Name">Of the member.</param>
/// <param name="Size">Of its content, which follows in whole blocks.</param>
internal readonly record struct UstarHeader(string Name, long Size)
{
    public const int BlockSize = 512;

    private const int NameLength = 100;
    private const int ModeAt = 100;
    private const int OwnerAt = 108;
    private const int GroupAt = 116;
    private const int SizeAt = 124;
    private const int SizeLength = 12;
    private const int TimeAt = 136;
    private const int ChecksumAt = 148;
    private const int ChecksumLength = 8;
    private const int KindAt = 156;
    private const int MagicAt = 257;
    private const byte Regular = (byte)'0';

    /// <summary>How many bytes fill the member's last block.</summary>
    public int Padding => (int)((BlockSize - (Size % BlockSize)) % BlockSize);

    /// <summary>Reads a header.</summary>
    /// <param name="block">One block.</param>
    /// <returns>Null for a block of zeros, which ends an archive.</returns>
    /// <exception cref="SnapshotException">It is no header, or one of another kind than a file's.</exception>
    public static UstarHeader? Read(ReadOnlySpan<byte> block)
    {
        if (!block.ContainsAnyExcept((byte)0))
        {
            return null;
        }

        if (Octal(block.Slice(ChecksumAt, ChecksumLength)) != Sum(block))
        {
            throw new SnapshotException("it is no tar archive: a header's checksum is wrong");
        }

        // Also without the magic of ustar, which differs from one tar to another: what counts is that nothing hides behind the header.
        if (block[KindAt] is not (Regular or 0))
        {
            throw new SnapshotException($"its tar has a member of kind 0x{block[KindAt]:x2} ({KindOf(block[KindAt])}), and a snapshot has plain files only");
        }

        var name = block[..NameLength];
        var end = name.IndexOf((byte)0);
        return new UstarHeader(
            Encoding.Latin1.GetString(end < 0 ? name : name[..end]),
            Octal(block.Slice(SizeAt, SizeLength)) ?? throw new SnapshotException("its tar has a size that is no octal number"));
    }

    /// <summary>Writes the header of a file that only its owner may read.</summary>
    /// <param name="block">One block.</param>
    /// <param name="time">When it was changed.</param>
    public void Write(Span<byte> block, DateTimeOffset time)
    {
        block.Clear();
        Encoding.ASCII.GetBytes(Name, block[..NameLength]);
        PutOctal(block.Slice(ModeAt, 8), 0x180);
        PutOctal(block.Slice(OwnerAt, 8), 0);
        PutOctal(block.Slice(GroupAt, 8), 0);
        PutOctal(block.Slice(SizeAt, SizeLength), Size);
        PutOctal(block.Slice(TimeAt, 12), Math.Max(0, time.ToUnixTimeSeconds()));
        block[KindAt] = Regular;
        "ustar\u000000"u8.CopyTo(block[MagicAt..]);
        PutOctal(block.Slice(ChecksumAt, ChecksumLength - 1), Sum(block));
        block[ChecksumAt + ChecksumLength - 1] = (byte)' ';
    }

    // The checksum's own field counts as spaces.
    private static long Sum(ReadOnlySpan<byte> block)
    {
        var sum = 0L;
        for (var i = 0; i < BlockSize; i++)
        {
            sum += i is >= ChecksumAt and < ChecksumAt + ChecksumLength ? ' ' : block[i];
        }

        return sum;
    }

    private static long? Octal(ReadOnlySpan<byte> field)
    {
        field = field.Trim(" \0"u8);
        if (field.IsEmpty)
        {
            return null;
        }

        var value = 0L;
        foreach (var digit in field)
        {
            if (digit is < (byte)'0' or > (byte)'7')
            {
                return null;
            }

            value = (value << 3) + (digit - '0');
        }

        return value;
    }

    private static void PutOctal(Span<byte> field, long value) =>
        Encoding.ASCII.GetBytes(Convert.ToString(value, 8).PadLeft(field.Length - 1, '0'), field);

    private static string KindOf(byte kind) => (char)kind switch
    {
        'L' => "a long name",
        'K' => "a long link",
        'x' or 'g' => "extended attributes",
        'S' => "a sparse file",
        '1' or '2' => "a link",
        '5' => "a directory",
        _ => string.Create(CultureInfo.InvariantCulture, $"number {kind}"),
    };
}
