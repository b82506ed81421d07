using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>A snapshot that somebody restores.</summary>
/// <remarks>
/// An input that begins with the magic of gzip is taken as it is. Any other is a line of meta data and lines of rows, and is packed with the checksums that it must have:
/// mutations of a packed file are seldom unpacked.
/// </remarks>
internal sealed class SnapshotFuzz : FuzzTarget
{
    public override string Name => "snapshot";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "null", "\"Table\":", "\"Key\":", "\"Row\":", "\"Format\":", "\"Index\":", "\"Serial\":", "\"Tables\":[", "\"Rows\":0", "\n", "\"\\ud800\"", "\u001f\u008b\u0008",
        "meta.json", "state.bin", "SHA256SUMS", "\\\"", "\\\\ud800", "\"Config\":\"",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(SnapshotException), typeof(ServerException), typeof(ProviderException)];

    // Unpacking has buffers of its own, and so has the reader.
    public override long FreeWork => 2 << 20;

    public override long WorkPerByte => 8_192;

    public override bool Run(byte[] input)
    {
        using var file = new MemoryStream(input is [0x1f, 0x8b, ..] ? input : Packed(input));
        var (_, image) = SnapshotReader.ReadAsync(file, ControlPlaneTables.All, CancellationToken.None).GetAwaiter().GetResult();

        // Rows hold texts that are parsed in turn: rules, selectors, the configurations of auth methods and of the CA.
        AclSnapshotRule.RequireRows(image.State);
        LoginSnapshotRule.RequireRows(image.State);
        if (image.State.Find(AuthorityTables.Configuration, StateTable.OnlyKey) is { } configuration)
        {
            CaSettingsDecoder.Decode(configuration.Config);
        }

        return true;
    }

    private static byte[] Packed(byte[] input)
    {
        var line = input.AsSpan().IndexOf((byte)'\n');
        var meta = line < 0 ? input : input[..line];
        var state = line < 0 ? [] : input[(line + 1)..];
        var name = Encoding.Latin1.GetString(meta).Contains(SnapshotMeta.First, StringComparison.Ordinal) ? SnapshotMembers.FirstState : SnapshotMembers.State;
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.NoCompression, leaveOpen: true))
        {
            Add(gzip, SnapshotMembers.Meta, meta);
            Add(gzip, name, state);
            Add(gzip, SnapshotMembers.Sums, Encoding.ASCII.GetBytes(SnapshotMembers.SumsOf(SHA256.HashData(meta), name, SHA256.HashData(state))));
            gzip.Write(new byte[2 * UstarHeader.BlockSize]);
        }

        return packed.ToArray();
    }

    private static void Add(Stream to, string name, byte[] content)
    {
        var header = new UstarHeader(name, content.Length);
        var block = new byte[UstarHeader.BlockSize];
        header.Write(block, DateTimeOffset.UnixEpoch);
        to.Write(block);
        to.Write(content);
        to.Write(new byte[header.Padding]);
    }
}
