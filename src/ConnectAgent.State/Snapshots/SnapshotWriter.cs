using System.Buffers;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.State.Snapshots;

/// <summary>
/// Writes a snapshot; it holds the CA's private key. Nothing of it is kept in memory but a piece: a tar says how long a file is before the
/// file, so the rows, which do not change, are written twice, the first time only to be measured.
/// </summary>
internal static class SnapshotWriter
{
    /// <summary>Writes an image.</summary>
    /// <exception cref="ServerException">Before anything is written: the state is longer than what could be restored.</exception>
    public static async Task WriteAsync(
        Stream to, StateImage image, StateTableSet tables, SnapshotOptions options, DateTimeOffset now, CancellationToken cancellationToken)
    {
        List<SnapshotTable> described = [];
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var size = 0L;
        foreach (var table in tables.All)
        {
            var count = 0;
            foreach (var line in Lines(image, table))
            {
                hash.AppendData(line.Span);
                size += line.Length;
                count++;
            }

            described.Add(new SnapshotTable(table.Name, image.State.IndexOf(table), count));
        }

        if (size > options.MaxBytes)
        {
            throw new ServerException(
                FailureKind.Failed, $"the state has {size} bytes, and a snapshot of more than {options.MaxBytes} cannot be restored ({SnapshotOptions.Key})")
            {
                Limit = SnapshotOptions.RowsLimit,
            };
        }

        var meta = JsonSerializer.SerializeToUtf8Bytes(
            SnapshotMeta.Of(now, image, described, size), SnapshotJson.Default.SnapshotMeta);
        var sums = Encoding.ASCII.GetBytes(SnapshotMembers.SumsOf(SHA256.HashData(meta), SnapshotMembers.State, hash.GetHashAndReset()));
        if (size + meta.Length + sums.Length + (10 * UstarHeader.BlockSize) > SnapshotUnpacking.Longest)
        {
            throw new ServerException(FailureKind.Failed, $"the state has {size} bytes, and a snapshot of more than {SnapshotUnpacking.Longest} cannot be restored")
            {
                Limit = SnapshotUnpacking.LengthLimit,
            };
        }

        await using var gzip = new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true);
        await AddAsync(gzip, SnapshotMembers.Meta, now, meta.Length, [meta], cancellationToken);
        await AddAsync(gzip, SnapshotMembers.State, now, size, tables.All.SelectMany(table => Lines(image, table)), cancellationToken);
        await AddAsync(gzip, SnapshotMembers.Sums, now, sums.Length, [sums], cancellationToken);
        await gzip.WriteAsync(new byte[2 * UstarHeader.BlockSize], cancellationToken);
    }

    /// <summary>The rows of a table as lines. The memory of one is used again for the next.</summary>
    private static IEnumerable<ReadOnlyMemory<byte>> Lines(StateImage image, StateTable table)
    {
        var line = new ArrayBufferWriter<byte>();
        foreach (var row in table.Store(image.State.Of(table)))
        {
            line.Clear();
            using (var json = new Utf8JsonWriter(line))
            {
                json.WriteStartObject();
                json.WriteString("Table", table.Name);
                json.WriteString("Key", row.Key);
                json.WritePropertyName("Row");
                json.WriteRawValue(row.Value);
                json.WriteEndObject();
            }

            line.Write("\n"u8);
            CryptographicOperations.ZeroMemory(row.Value);
            yield return line.WrittenMemory;
        }

        line.Clear();
    }

    private static async Task AddAsync(
        Stream to, string name, DateTimeOffset now, long size, IEnumerable<ReadOnlyMemory<byte>> content, CancellationToken cancellationToken)
    {
        var header = new UstarHeader(name, size);
        var block = new byte[UstarHeader.BlockSize];
        header.Write(block, now);
        await to.WriteAsync(block, cancellationToken);
        foreach (var piece in content)
        {
            await to.WriteAsync(piece, cancellationToken);
        }

        await to.WriteAsync(new byte[header.Padding], cancellationToken);
    }
}
