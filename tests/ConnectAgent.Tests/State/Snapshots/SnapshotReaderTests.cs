using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using ConnectAgent.State.Storage;
using ConnectAgent.TestKit.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.State.Snapshots;

/// <summary>What a snapshot's file may look like (FA-6).</summary>
public sealed class SnapshotReaderTests
{
    private const int Block = 512;

    // What the unpacking reads ahead, and the pieces that the file is asked for in.
    private const int Ahead = 256 * 1024;

    [Theory] // FA-6: the name of 600 MiB is not even looked at, nor any other header that the library would take into memory by itself
    [InlineData('L', "0x4c (a long name)")]
    [InlineData('K', "0x4b (a long link)")]
    [InlineData('x', "0x78 (extended attributes)")]
    [InlineData('g', "0x67 (extended attributes)")]
    [InlineData('S', "0x53 (a sparse file)")]
    [InlineData('2', "0x32 (a link)")]
    [InlineData('5', "0x35 (a directory)")]
    [InlineData('7', "0x37 (number 55)")]
    public async Task FA_6_A_header_of_another_kind_is_refused_without_reading_what_it_announces(char kind, string shown)
    {
        var header = new byte[Block];
        new UstarHeader("././@LongLink", 600L << 20).Write(header, DateTimeOffset.UnixEpoch);
        header[156] = (byte)kind;
        Seal(header);
        using var packed = Packed(header, zeros: 64 << 20);
        var read = () => SnapshotReader.ReadAsync(packed, ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).WithMessage($"its tar has a member of kind {shown}, and a snapshot has plain files only");
        packed.Position.Should().BeLessThan(Ahead).And.BeLessThan(packed.Length);
    }

    [Fact] // FA-6: 900 MiB of zeros; the bound is on what is unpacked for each byte, long before 1 GiB
    public async Task FA_6_What_unpacks_to_far_more_than_its_length_is_refused_by_the_ratio()
    {
        var meta = SnapshotFile.Members(await SavedAsync())[SnapshotFile.Meta];
        using var packed = Packed([.. Member("meta.json", meta), .. Header("state.bin", 900L << 20)], zeros: 300 << 20);
        var read = () => SnapshotReader.ReadAsync(packed, ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).WithMessage("state.bin has 943718400 bytes, not *");
        packed.Position = 0;
        meta = Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(meta).Replace("\"Size\":", "\"Former\":", StringComparison.Ordinal));
        using var other = Packed([.. Member("meta.json", meta), .. Header("state.bin", 900L << 20)], zeros: 300 << 20);
        read = () => SnapshotReader.ReadAsync(other, ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).Which.Limit.Should().BeOneOf("snapshot.ratio", "state.row");
        other.Position.Should().BeLessThan(Ahead);
    }

    [Fact] // FA-6: no line break in sight
    public async Task FA_6_A_row_longer_than_any_row_may_be_is_refused()
    {
        var file = SnapshotFile.Read(await SavedAsync());
        var random = new Random(1);
        var row = new byte[StateWriter.LongestRow + (128 * 1024)];
        for (var i = 0; i < row.Length; i++)
        {
            row[i] = (byte)('a' + random.Next(26));
        }

        file.Description.Remove("Size");
        var archive = SnapshotFile.Pack(Encoding.UTF8.GetBytes(file.Description.ToJsonString()), SnapshotFile.State, row);
        var read = () => SnapshotReader.ReadAsync(new MemoryStream(archive), ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).Which.Limit.Should().Be("state.row");
    }

    [Fact] // FA-6: three members, each once, in their order, and nothing behind them
    public async Task FA_6_Members_that_are_missing_twice_there_or_unknown_are_refused()
    {
        var members = SnapshotFile.Members(await SavedAsync());
        (string, byte[]) Of(string name) => (name, members[name]);
        await RefusedAsync("in the place of state.bin it has another file", Of("meta.json"), Of("meta.json"), Of("state.bin"), Of("SHA256SUMS"));
        await RefusedAsync("in the place of SHA256SUMS it has another file", Of("meta.json"), Of("state.bin"), Of("state.bin"), Of("SHA256SUMS"));
        await RefusedAsync("it has more than *", Of("meta.json"), Of("state.bin"), Of("SHA256SUMS"), Of("SHA256SUMS"));
        await RefusedAsync("it has more than *", Of("meta.json"), Of("state.bin"), Of("SHA256SUMS"), ("more", []));
        await RefusedAsync("it has no SHA256SUMS", Of("meta.json"), Of("state.bin"));
        await RefusedAsync("in the place of meta.json it has another file", Of("state.bin"), Of("meta.json"), Of("SHA256SUMS"));
        await RefusedAsync("a checksum in SHA256SUMS is wrong", Of("meta.json"), Of("state.bin"), ("SHA256SUMS", Encoding.ASCII.GetBytes("00  meta.json\n")));
    }

    [Fact]
    public async Task FA_6_A_description_that_is_too_long_names_its_bound()
    {
        var error = await RefusedAsync("meta.json is longer than 65536 bytes", ("meta.json", new byte[65537]));
        error.Limit.Should().Be("snapshot.description");
    }

    [Fact]
    public async Task FA_6_What_is_cut_off_anywhere_or_no_archive_at_all_is_refused()
    {
        var archive = await SavedAsync();
        foreach (var cut in Enumerable.Range(1, 16).Concat(Enumerable.Range(2, archive.Length / 7).Select(static piece => 7 * piece)))
        {
            var read = () => SnapshotReader.ReadAsync(new MemoryStream(archive[..^Math.Min(cut, archive.Length)]), ControlPlaneTables.All, default);
            await read.Should().ThrowAsync<SnapshotException>("{0} of {1} bytes are missing", cut, archive.Length);
        }

        var rubbish = () => SnapshotReader.ReadAsync(new MemoryStream(Encoding.ASCII.GetBytes("no snapshot at all")), ControlPlaneTables.All, default);
        (await rubbish.Should().ThrowAsync<SnapshotException>()).WithMessage("it is cut off, or no snapshot");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(100_000)]
    public async Task FA_6_An_archive_that_something_follows_is_refused(int length)
    {
        byte[] archive = [.. await SavedAsync(), .. new byte[length]];
        var read = () => SnapshotReader.ReadAsync(new MemoryStream(archive), ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).WithMessage("something follows its end");
    }

    [Fact] // FA-26: what Consul's own command line and common tools read
    public async Task FA_26_The_archive_has_the_members_that_the_reference_checks()
    {
        var archive = await SavedAsync();
        var members = SnapshotFile.Members(archive);
        members.Keys.Should().Equal("meta.json", "state.bin", "SHA256SUMS");
        Encoding.ASCII.GetString(members["SHA256SUMS"]).Should().Be(
            $"{Sum(members["meta.json"])}  meta.json\n{Sum(members["state.bin"])}  state.bin\n");
        var meta = SnapshotFile.Read(archive).Description;
        ((int)meta["Version"]!).Should().Be(1);
        ((string)meta["ID"]!).Should().MatchRegex("^1-[0-9]+-[0-9]+$");
        ((ulong)meta["Index"]!).Should().BePositive();
        ((ulong)meta["Term"]!).Should().Be(1);
        meta["Configuration"]!["Servers"]!.AsArray().Should().BeEmpty();
        ((ulong)meta["ConfigurationIndex"]!).Should().Be(0);
        ((long)meta["Size"]!).Should().Be(members["state.bin"].Length);
        foreach (var entry in Entries(archive))
        {
            entry.Should().Match<TarEntry>(file => file.Format == TarEntryFormat.Ustar && file.EntryType == TarEntryType.RegularFile);
            entry.Mode.Should().Be(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }
    }

    [Fact] // FA-26
    public async Task FA_26_A_snapshot_of_Consul_itself_is_refused_with_a_text_that_says_what_it_is()
    {
        var meta = """{"Version":1,"ID":"2-42-1796034598792","Index":42,"Term":2,"Peers":null,"Configuration":{"Servers":[]},"ConfigurationIndex":1,"Size":3}"""u8;
        var archive = SnapshotFile.Pack(meta.ToArray(), SnapshotFile.State, [1, 2, 3]);
        var read = () => SnapshotReader.ReadAsync(new MemoryStream(archive), ControlPlaneTables.All, default);
        (await read.Should().ThrowAsync<SnapshotException>()).WithMessage("it is a snapshot of Consul, whose state this agent cannot read: *");
    }

    [Fact] // what we write is never beyond what we read
    public async Task A_little_state_that_packs_very_well_can_be_restored()
    {
        using var store = new StateStore(new MemoryStateStorage(), ControlPlaneTables.All);
        await store.WriteAsync(writer =>
        {
            for (var i = 0; i < 20; i++)
            {
                writer.Put(AclTables.Policies, new(Guid.NewGuid().ToString(), $"p{i}") { Rules = new string(' ', 500_000) });
            }

            return true;
        });
        var archive = new MemoryStream();
        await SnapshotWriter.WriteAsync(archive, store.Export(), ControlPlaneTables.All, SnapshotOptions.Any, DateTimeOffset.UnixEpoch, default);
        archive.Position = 0;
        var (_, image) = await SnapshotReader.ReadAsync(archive, ControlPlaneTables.All, default);
        image.State.Rows(AclTables.Policies).Should().HaveCount(20);
    }

    [Fact] // a restore holds the rows beside the state in use; the ratio alone lets 100 times the upload through
    public async Task Rows_beyond_the_bound_are_neither_saved_nor_restored()
    {
        var archive = await SavedAsync();
        var bytes = SnapshotFile.Members(archive)["state.bin"].Length;
        (await ReadAsync(new SnapshotOptions { MaxBytes = bytes })).State.Rows(IntentionTables.Entries).Should().ContainSingle();
        var read = () => ReadAsync(new SnapshotOptions { MaxBytes = bytes - 1 });
        var refusal = (await read.Should().ThrowAsync<SnapshotException>()
            .WithMessage($"its rows have {bytes} bytes, and {bytes - 1} are the most (connect_agent.snapshot_max_bytes)")).Which;
        refusal.Limit.Should().Be("snapshot.rows");
        var write = () => SavedAsync(new SnapshotOptions { MaxBytes = bytes - 1 });
        (await write.Should().ThrowAsync<ServerException>()).Which.Limit.Should().Be("snapshot.rows");

        async Task<StateImage> ReadAsync(SnapshotOptions options)
        {
            await using var file = new SnapshotUnpacking(new MemoryStream(archive));
            return (await new SnapshotReader(file, ControlPlaneTables.All, options).ReadAsync(default)).Image;
        }
    }

    private static async Task<byte[]> SavedAsync(SnapshotOptions? options = null)
    {
        using var store = new StateStore(new MemoryStateStorage(), ControlPlaneTables.All);
        await store.WriteAsync(writer =>
        {
            writer.Put(IntentionTables.Entries, new("db", [new("web") { Action = "allow" }], null, writer.Index, writer.Index));
            return true;
        });
        var archive = new MemoryStream();
        await SnapshotWriter.WriteAsync(
            archive, store.Export(), ControlPlaneTables.All, options ?? new SnapshotOptions(), DateTimeOffset.UnixEpoch.AddYears(50), default);
        return archive.ToArray();
    }

    private static async Task<SnapshotException> RefusedAsync(string text, params (string, byte[])[] members)
    {
        var read = () => SnapshotReader.ReadAsync(new MemoryStream(SnapshotFile.Tar(members)), ControlPlaneTables.All, default);
        return (await read.Should().ThrowAsync<SnapshotException>()).WithMessage(text).Which;
    }

    private static string Sum(byte[] content) => Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));

    private static List<TarEntry> Entries(byte[] archive)
    {
        using var tar = new TarReader(new GZipStream(new MemoryStream(archive), CompressionMode.Decompress));
        List<TarEntry> entries = [];
        while (tar.GetNextEntry(copyData: true) is { } entry)
        {
            entries.Add(entry);
        }

        return entries;
    }

    private static byte[] Header(string name, long size)
    {
        var header = new byte[Block];
        new UstarHeader(name, size).Write(header, DateTimeOffset.UnixEpoch);
        return header;
    }

    private static byte[] Member(string name, byte[] content)
    {
        var padded = new byte[(content.Length + Block - 1) / Block * Block];
        content.CopyTo(padded, 0);
        return [.. Header(name, content.Length), .. padded];
    }

    private static MemoryStream Packed(byte[] start, int zeros)
    {
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(start);
            var piece = new byte[1 << 20];
            for (var left = zeros; left > 0; left -= piece.Length)
            {
                gzip.Write(piece);
            }
        }

        packed.Position = 0;
        return packed;
    }

    // A header's checksum counts its own field as spaces.
    private static void Seal(byte[] header)
    {
        header.AsSpan(148, 8).Fill((byte)' ');
        var sum = header.Sum(octet => (int)octet);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
    }
}
