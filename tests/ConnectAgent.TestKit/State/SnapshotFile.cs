using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace ConnectAgent.TestKit.State;

/// <summary>A snapshot taken apart, to be changed and packed again with everything that the file says of itself made true.</summary>
public sealed class SnapshotFile
{
    public const string Meta = "meta.json";
    public const string State = "state.bin";
    public const string Sums = "SHA256SUMS";

    private SnapshotFile(JsonObject meta, List<JsonObject> rows, string stateName) => (Description, Rows, StateName) = (meta, rows, stateName);

    /// <summary>What <c>meta.json</c> says.</summary>
    public JsonObject Description { get; }

#pragma warning disable MA0016 // Tests take rows out of it by a condition.
    public List<JsonObject> Rows { get; }
#pragma warning restore MA0016

    public string StateName { get; }

    /// <summary>Reads an archive with the library's own reader.</summary>
    public static SnapshotFile Read(byte[] archive)
    {
        var members = Members(archive);
        var name = members.Keys.Single(member => member.StartsWith("state.", StringComparison.Ordinal));
        return new SnapshotFile(
            JsonNode.Parse(members[Meta])!.AsObject(),
            [.. Encoding.UTF8.GetString(members[name]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!.AsObject())],
            name);
    }

    /// <summary>The files of an archive, in their order.</summary>
    public static OrderedDictionary<string, byte[]> Members(byte[] archive)
    {
        OrderedDictionary<string, byte[]> members = new(StringComparer.Ordinal);
        using var gzip = new GZipStream(new MemoryStream(archive), CompressionMode.Decompress);
        using var tar = new TarReader(gzip);
        while (tar.GetNextEntry() is { } entry)
        {
            var content = new MemoryStream();
            entry.DataStream?.CopyTo(content);
            members.Add(entry.Name, content.ToArray());
        }

        return members;
    }

    /// <summary>The rows of a table, to be changed.</summary>
    public IEnumerable<JsonObject> Of(string table) => Rows.Where(row => (string?)row["Table"] == table).Select(row => row["Row"]!.AsObject());

    public byte[] Pack()
    {
        var state = StateBytes();
        if (Description["Tables"] is JsonArray tables)
        {
            foreach (var table in tables.OfType<JsonObject>())
            {
                table[nameof(Rows)] = Rows.Count(row => row["Table"] is JsonValue name && (string?)name == (string?)table["Name"]);
            }
        }

        if (Description.ContainsKey("Size"))
        {
            Description["Size"] = state.Length;
        }

        return Pack(Encoding.UTF8.GetBytes(Description.ToJsonString()), StateName, state);
    }

    /// <summary>Packs with true checksums.</summary>
    public static byte[] Pack(byte[] meta, string stateName, byte[] state) =>
        Tar((Meta, meta), (stateName, state), (Sums, Encoding.ASCII.GetBytes(
            $"{Convert.ToHexStringLower(SHA256.HashData(meta))}  {Meta}\n{Convert.ToHexStringLower(SHA256.HashData(state))}  {stateName}\n")));

    public static byte[] Tar(params (string Name, byte[] Content)[] members)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        using (var tar = new TarWriter(gzip, TarEntryFormat.Ustar))
        {
            foreach (var (name, content) in members)
            {
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(content) });
            }
        }

        return packed.ToArray();
    }

    public byte[] StateBytes() => Encoding.UTF8.GetBytes(string.Concat(Rows.Select(row => row.ToJsonString() + "\n")));
}
