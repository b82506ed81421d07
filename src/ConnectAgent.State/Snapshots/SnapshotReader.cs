using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.State.Snapshots;

/// <summary>Reads a snapshot as it comes in, and checks all that the file itself can tell; what the state must be like is <see cref="SnapshotCheck"/>'s.</summary>
internal sealed class SnapshotReader(SnapshotUnpacking file, StateTableSet tables, SnapshotOptions options)
{
    [Limit(DescriptionLimit, "bytes of `meta.json` or `SHA256SUMS`", "refused: 400", Refuses = true)]
    private const int LongestDescription = 64 * 1024;
    private const string DescriptionLimit = "snapshot.description";

    /// <summary>Reads and checks the whole file.</summary>
    /// <exception cref="SnapshotException">Cut, changed, too large, or no snapshot; the text says which.</exception>
    public static async Task<(SnapshotMeta Meta, StateImage Image)> ReadAsync(
        Stream from, StateTableSet tables, CancellationToken cancellationToken)
    {
        await using var file = new SnapshotUnpacking(from);
        return await new SnapshotReader(file, tables, SnapshotOptions.Any).ReadAsync(cancellationToken);
    }

    /// <inheritdoc cref="ReadAsync(Stream, StateTableSet, CancellationToken)"/>
    public async Task<(SnapshotMeta Meta, StateImage Image)> ReadAsync(CancellationToken cancellationToken)
    {
        var metaBytes = await ReadSmallAsync(SnapshotMembers.Meta, cancellationToken);
        var meta = MetaOf(metaBytes);
        var stateName = meta.Format == SnapshotMeta.First ? SnapshotMembers.FirstState : SnapshotMembers.State;
        var header = await ReadHeaderAsync(stateName, cancellationToken);
        if (meta.Size is { } size && size != header.Size)
        {
            throw new SnapshotException($"{stateName} has {header.Size} bytes, not {size}");
        }

        if (header.Size > options.MaxBytes)
        {
            throw new SnapshotException($"its rows have {header.Size} bytes, and {options.MaxBytes} are the most ({SnapshotOptions.Key})")
            {
                Limit = SnapshotOptions.RowsLimit,
            };
        }

        var rows = new SnapshotRows(meta, tables);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var lines = new SnapshotLines(rows.Add);
        try
        {
            var piece = new byte[64 * 1024];
            for (var left = header.Size; left > 0;)
            {
                var part = piece.AsMemory(0, (int)Math.Min(left, piece.Length));
                await file.ReadExactlyAsync(part, cancellationToken);
                hash.AppendData(part.Span);
                lines.Take(part.Span);
                left -= part.Length;
            }

            CryptographicOperations.ZeroMemory(piece);
            lines.End();
        }
        finally
        {
            lines.Clear();
        }

        await SkipPaddingAsync(header, cancellationToken);
        var state = rows.End();
        var sums = await ReadSmallAsync(SnapshotMembers.Sums, cancellationToken);
        CheckSums(sums, SHA256.HashData(metaBytes), stateName, hash.GetHashAndReset());
        await RequireEndAsync(cancellationToken);
        return (meta, new StateImage(meta.Index, meta.Serial, state));
    }

    private static SnapshotMeta MetaOf(byte[] json)
    {
        SnapshotMeta? meta;
        try
        {
            using (var document = JsonDocument.Parse(json))
            {
                RequireOurs(document.RootElement);
            }

            StrictJson.RequireNoNull(json);
            meta = JsonSerializer.Deserialize(json, StrictJson.Of(SnapshotJson.Default.SnapshotMeta));
        }
        catch (JsonException error)
        {
            throw new SnapshotException($"{SnapshotMembers.Meta} is not what it must be", error);
        }

        if (meta is not { Format: SnapshotMeta.Current or SnapshotMeta.First })
        {
            throw new SnapshotException($"its format is not \"{SnapshotMeta.Current}\": it was made by another version of this program");
        }

        return meta;
    }

    // Whoever moves from Consul may try; its state is in a form of its own.
    private static void RequireOurs(JsonElement meta)
    {
        if (meta.ValueKind == JsonValueKind.Object && !meta.TryGetProperty("Format", out _)
            && meta.TryGetProperty("Version", out _) && meta.TryGetProperty("Term", out _))
        {
            throw new SnapshotException(
                "it is a snapshot of Consul, whose state this agent cannot read: write intentions, config entries and ACLs through the API instead");
        }
    }

    private static void CheckSums(byte[] sums, byte[] meta, string stateName, byte[] state)
    {
        var expected = SnapshotMembers.SumsOf(meta, stateName, state).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var found = Encoding.Latin1.GetString(sums).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        if (!found.Order(StringComparer.Ordinal).SequenceEqual(expected.Order(StringComparer.Ordinal), StringComparer.Ordinal))
        {
            throw new SnapshotException($"a checksum in {SnapshotMembers.Sums} is wrong");
        }
    }

    private async Task<byte[]> ReadSmallAsync(string name, CancellationToken cancellationToken)
    {
        var header = await ReadHeaderAsync(name, cancellationToken);
        if (header.Size > LongestDescription)
        {
            throw new SnapshotException($"{name} is longer than {LongestDescription} bytes") { Limit = DescriptionLimit };
        }

        var content = new byte[header.Size];
        await file.ReadExactlyAsync(content, cancellationToken);
        await SkipPaddingAsync(header, cancellationToken);
        return content;
    }

    private async Task<UstarHeader> ReadHeaderAsync(string name, CancellationToken cancellationToken)
    {
        var block = new byte[UstarHeader.BlockSize];
        await file.ReadExactlyAsync(block, cancellationToken);
        var header = UstarHeader.Read(block) ?? throw new SnapshotException($"it has no {name}");
        return header.Name == name ? header : throw new SnapshotException($"in the place of {name} it has another file");
    }

    private async Task SkipPaddingAsync(UstarHeader header, CancellationToken cancellationToken) =>
        await file.ReadExactlyAsync(new byte[header.Padding], cancellationToken);

    // Two blocks of zeros, and as many more as the tar was filled up with; then gzip has checksums of its own.
    private async Task RequireEndAsync(CancellationToken cancellationToken)
    {
        var piece = new byte[2 * UstarHeader.BlockSize];
        await file.ReadExactlyAsync(piece, cancellationToken);
        var read = piece.Length;
        while (true)
        {
            if (piece.AsSpan(0, read).ContainsAnyExcept((byte)0))
            {
                throw new SnapshotException($"it has more than {SnapshotMembers.Meta}, its rows and {SnapshotMembers.Sums}");
            }

            if (read < piece.Length)
            {
                await file.RequireEndAsync(cancellationToken);
                return;
            }

            read = await file.ReadAsync(piece, cancellationToken);
        }
    }
}
