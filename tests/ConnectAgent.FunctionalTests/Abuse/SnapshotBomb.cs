using System.IO.Compression;
using System.Text;

namespace ConnectAgent.FunctionalTests.Abuse;

/// <summary>Small archives that unpack to much.</summary>
internal static class SnapshotBomb
{
    private const int Block = 512;

    /// <summary>A GNU long-name header whose name is as long as asked for.</summary>
    public static byte[] LongName(long length) => Pack('L', "././@LongLink", length);

    /// <summary>One member of zeros, under the name of the state.</summary>
    public static byte[] Zeros(string member, long length) => Pack('0', member, length);

    private static byte[] Pack(char type, string name, long length)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(Header(type, name, length));
            var zeros = new byte[1 << 20];
            for (var left = length; left > 0; left -= zeros.Length)
            {
                gzip.Write(zeros, 0, (int)Math.Min(left, zeros.Length));
            }

            gzip.Write(new byte[2 * Block]);
        }

        return packed.ToArray();
    }

    private static byte[] Header(char type, string name, long length)
    {
        var header = new byte[Block];
        Encoding.ASCII.GetBytes(name, header);
        Encoding.ASCII.GetBytes("0000600\0" + "0000000\0" + "0000000\0", header.AsSpan(100));
        Encoding.ASCII.GetBytes(Convert.ToString(length, 8).PadLeft(11, '0') + "\0" + "00000000000\0", header.AsSpan(124));
        header.AsSpan(148, 8).Fill((byte)' ');
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes("ustar\0" + "00", header.AsSpan(257));
        var sum = header.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ", header.AsSpan(148));
        return header;
    }
}
