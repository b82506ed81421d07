using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.State;

/// <summary>
/// The file of a snapshot: a gzipped tar with <c>meta.json</c>, <c>state.jsonl</c> (one row a line) and <c>SHA256SUMS</c> over both, so that
/// common tools can look inside. It holds the CA's private key.
/// </summary>
internal static class SnapshotArchive
{
    private const string Format = "connect-agent-state/1";
    private const string MetaName = "meta.json";
    private const string StateName = "state.jsonl";
    private const string SumsName = "SHA256SUMS";

    // A snapshot of 100 000 intentions has about 50 MB.
    [Limit("snapshot.entry", "bytes", "refused", Refuses = true)]
    private const long LongestEntry = 1L << 30;

    /// <summary>Writes an image.</summary>
    public static void Write(Stream to, StateImage image, DateTimeOffset now)
    {
        var meta = new SnapshotMeta(
            Format, now, image.Index, image.Serial, [.. image.Tables.Select(table => new SnapshotTable(table.Name, table.Index, table.Rows.Count))]);
        var metaBytes = JsonSerializer.SerializeToUtf8Bytes(meta, StateJson.Default.SnapshotMeta);
        using var state = new MemoryStream();
        foreach (var table in image.Tables)
        {
            foreach (var row in table.Rows)
            {
                WriteRow(state, table.Name, row);
            }
        }

        var stateBytes = state.GetBuffer().AsMemory(0, (int)state.Length);
        var sums = $"{Sum(metaBytes)}  {MetaName}\n{Sum(stateBytes.Span)}  {StateName}\n";
        using (var gzip = new GZipStream(to, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar, leaveOpen: true))
        {
            Add(tar, MetaName, metaBytes, now);
            Add(tar, StateName, stateBytes, now);
            Add(tar, SumsName, Encoding.ASCII.GetBytes(sums), now);
        }

        CryptographicOperations.ZeroMemory(state.GetBuffer());
    }

    /// <summary>Reads and checks the whole file.</summary>
    /// <exception cref="InvalidDataException">Cut, changed, or no snapshot; the text says which.</exception>
    public static (SnapshotMeta Meta, StateImage Image) Read(Stream from)
    {
        var entries = ReadEntries(from);
        var sums = Encoding.ASCII.GetString(Required(entries, SumsName));
        foreach (var name in new[] { MetaName, StateName })
        {
            if (!sums.Contains($"{Sum(Required(entries, name))}  {name}\n", StringComparison.Ordinal))
            {
                throw new InvalidDataException($"the checksum of {name} is wrong");
            }
        }

        try
        {
            var meta = JsonSerializer.Deserialize(Required(entries, MetaName), StateJson.Default.SnapshotMeta);
            return meta?.Format != Format
                ? throw new InvalidDataException($"its format is \"{meta?.Format}\", not \"{Format}\"")
                : (meta, ImageOf(meta, Required(entries, StateName)));
        }
        catch (JsonException error)
        {
            throw new InvalidDataException("a line of it is no row", error);
        }
    }

    private static StateImage ImageOf(SnapshotMeta meta, byte[] state)
    {
        Dictionary<string, List<StoredRow>> rows = new(StringComparer.Ordinal);
        foreach (var line in Lines(state))
        {
            using var row = JsonDocument.Parse(line);
            var table = row.RootElement.GetProperty("Table").GetString()!;
            if (!rows.TryGetValue(table, out var list))
            {
                rows.Add(table, list = []);
            }

            list.Add(new StoredRow(
                row.RootElement.GetProperty("Key").GetString()!, Encoding.UTF8.GetBytes(row.RootElement.GetProperty("Row").GetRawText())));
        }

        foreach (var table in meta.Tables)
        {
            if (rows.GetValueOrDefault(table.Name)?.Count is var count && (count ?? 0) != table.Rows)
            {
                throw new InvalidDataException($"table {table.Name} has {count ?? 0} rows, not {table.Rows}");
            }
        }

        return new StateImage(
            meta.Index, meta.Serial, [.. meta.Tables.Select(table => new TableImage(table.Name, table.Index, rows.GetValueOrDefault(table.Name) ?? []))]);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Lines(byte[] state)
    {
        var rest = state.AsMemory();
        while (!rest.IsEmpty)
        {
            var end = rest.Span.IndexOf((byte)'\n');
            yield return end < 0 ? rest : rest[..end];
            rest = end < 0 ? default : rest[(end + 1)..];
        }
    }

    private static Dictionary<string, byte[]> ReadEntries(Stream from)
    {
        Dictionary<string, byte[]> entries = new(StringComparer.Ordinal);
        try
        {
            using var gzip = new GZipStream(from, CompressionMode.Decompress, leaveOpen: true);
            using var tar = new TarReader(gzip, leaveOpen: true);
            while (tar.GetNextEntry() is { } entry)
            {
                if (entry.Name is not (MetaName or StateName or SumsName) || entry.DataStream is null)
                {
                    continue;
                }

                if (entry.Length > LongestEntry)
                {
                    throw new InvalidDataException($"{entry.Name} is larger than {LongestEntry} bytes");
                }

                var content = new byte[entry.Length];
                entry.DataStream.ReadExactly(content);
                entries[entry.Name] = content;
            }
        }
        catch (Exception error) when (error is EndOfStreamException or FormatException or InvalidDataException { InnerException: not null })
        {
            throw new InvalidDataException("it is cut off, or no snapshot", error);
        }

        return entries;
    }

    private static byte[] Required(Dictionary<string, byte[]> entries, string name) =>
        entries.GetValueOrDefault(name) ?? throw new InvalidDataException($"it has no {name}: it is cut off, or no snapshot");

    private static void WriteRow(MemoryStream to, string table, StoredRow row)
    {
        using (var line = new Utf8JsonWriter(to))
        {
            line.WriteStartObject();
            line.WriteString("Table", table);
            line.WriteString("Key", row.Key);
            line.WritePropertyName("Row");
            line.WriteRawValue(row.Value.Span);
            line.WriteEndObject();
        }

        to.WriteByte((byte)'\n');
    }

    private static void Add(TarWriter tar, string name, ReadOnlyMemory<byte> content, DateTimeOffset now)
    {
        using var data = new MemoryStream(content.ToArray(), writable: false);
        tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name)
        {
            DataStream = data,
            ModificationTime = now,
            Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        });
    }

    private static string Sum(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));
}

/// <summary>What a snapshot says of itself.</summary>
/// <param name="Format">Name and version of the format.</param>
/// <param name="CreatedAt">UTC.</param>
/// <param name="Index">The last index given out.</param>
/// <param name="Serial">The last certificate serial given out.</param>
/// <param name="Tables">What is in it.</param>
internal sealed record SnapshotMeta(string Format, DateTimeOffset CreatedAt, ulong Index, ulong Serial, IReadOnlyList<SnapshotTable> Tables);

/// <summary>One table of a snapshot.</summary>
/// <param name="Name">As in the state.</param>
/// <param name="Index">Of its last write.</param>
/// <param name="Rows">How many.</param>
internal sealed record SnapshotTable(string Name, ulong Index, int Rows);
