using System.IO.Compression;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Streams;

namespace ConnectAgent.State.Snapshots;

/// <summary>Unpacks a gzipped file piece by piece, and no more of it than is in proportion to what was uploaded.</summary>
internal sealed class SnapshotUnpacking : IAsyncDisposable
{
    /// <summary>The longest snapshot, packed and unpacked: one of 100 000 intentions has about 20 MB unpacked.</summary>
    [Limit(LengthLimit, "bytes", "refused: 413 as an upload, 400 unpacked; saving more is refused: 500", Refuses = true)]
    public const long Longest = 1L << 30;

    internal const string LengthLimit = "snapshot.bytes";

    // Rows pack to a tenth or less; zeros to a thousandth.
    [Limit(RatioLimit, "unpacked bytes per byte", "refused: 400", Refuses = true)]
    private const int HighestRatio = 100;
    private const string RatioLimit = "snapshot.ratio";

    // A little policy of blanks may pack better than the ratio, and does no harm.
    [Limit("snapshot.ratio_from", "bytes", "`snapshot.ratio` applies")]
    private const long Harmless = 16L << 20;

    private readonly CountingStream _packed;
    private readonly GZipStream _gzip;
    private long _unpacked;

    public SnapshotUnpacking(Stream packed)
    {
        _packed = new CountingStream(packed);
        _gzip = new GZipStream(_packed, CompressionMode.Decompress, leaveOpen: true);
    }

    /// <summary>Fills a buffer.</summary>
    /// <exception cref="SnapshotException">The file ends before, is damaged, or unpacks to too much.</exception>
    public async ValueTask ReadExactlyAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (await ReadAsync(buffer, cancellationToken) < buffer.Length)
        {
            throw CutOff();
        }
    }

    /// <summary>Fills a buffer as far as there is something.</summary>
    /// <returns>How much; less than the buffer's length only at the end.</returns>
    /// <exception cref="SnapshotException">The file is damaged, or unpacks to too much.</exception>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        int read;
        try
        {
            read = await _gzip.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        }
        catch (InvalidDataException error)
        {
            throw CutOff(error);
        }

        _unpacked += read;
        if (_unpacked > Longest)
        {
            throw new SnapshotException($"it unpacks to more than {Longest} bytes") { Limit = LengthLimit };
        }

        if (_unpacked > Harmless && _unpacked > HighestRatio * _packed.Count)
        {
            throw new SnapshotException($"it unpacks to more than {HighestRatio} times its length") { Limit = RatioLimit };
        }

        return read;
    }

    /// <summary>Reads on to the end of the file, which is the end of what is packed: its last four bytes are how much that is (RFC 1952, ISIZE).</summary>
    /// <exception cref="SnapshotException">Something follows.</exception>
    public async Task RequireEndAsync(CancellationToken cancellationToken)
    {
        var rest = new byte[1];
        if (await _packed.ReadAsync(rest, cancellationToken) > 0 || _packed.Last != (uint)_unpacked)
        {
            throw new SnapshotException("something follows its end");
        }
    }

    public ValueTask DisposeAsync() => _gzip.DisposeAsync();

    public static SnapshotException CutOff(Exception? inner = null) => new("it is cut off, or no snapshot", inner);

    private sealed class CountingStream(Stream inner) : ForwardOnlyStream
    {
        public long Count { get; private set; }

        /// <summary>The last four bytes that came, the first of them the lowest.</summary>
        public uint Last { get; private set; }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Count += read;
            foreach (var last in buffer.Span[Math.Max(0, read - sizeof(uint))..read])
            {
                Last = (Last >> 8) | ((uint)last << 24);
            }

            return read;
        }
    }
}
