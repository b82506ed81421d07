using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Caching.Sealing;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit;

namespace ConnectAgent.Tests.Caching.Sealing;

public sealed class SealedFormatTests
{
    private const int HeaderSize = 42;

    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(SealedFormat.KeySize);
    private static readonly (string Id, string Text)[] Three = [("a", "one"), ("b", ""), ("", "three")];

    [Fact]
    public void Whatever_is_sealed_comes_back() =>
        Prop.ForAll<NonNull<string>[], byte[]>((ids, payload) =>
        {
            var entries = ids.Select(id => id.Get).Distinct(StringComparer.Ordinal)
                .Select((id, at) => new SealedEntry(id, payload.Skip(at).ToArray())).ToList();
            var read = Read(Sealed(Key, entries));
            return read.Flaw is null && read.Entries.Count == entries.Count && read.Entries.Zip(entries).All(
                pair => pair.First.Id == pair.Second.Id && pair.First.Payload.Span.SequenceEqual(pair.Second.Payload.Span));
        }).QuickCheckThrowOnFailure();

    [Property(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)] // several edits at once: flips, cuts, and copies of other parts
    public Property Whatever_becomes_of_the_bytes_no_untrue_entry_is_read() => Prop.ForAll(
        (from kind in Gen.Choose(0, 2) from at in Gen.Choose(0, 999) from size in Gen.Choose(1, 60) select (kind, at, size)).NonEmptyListOf().ToArbitrary(),
        edits =>
        {
            var whole = Sealed(Key, Three);
            var edited = whole.ToList();
            foreach (var (kind, at, size) in edits.Take(4).Where(_ => edited.Count > 0))
            {
                var place = at % edited.Count;
                var part = edited.GetRange(place, Math.Min(size, edited.Count - place));
                switch (kind)
                {
                    case 0:
                        edited[place] ^= (byte)size;
                        break;
                    case 1:
                        edited.RemoveRange(place, part.Count);
                        break;
                    default:
                        edited.InsertRange(size % edited.Count, part);
                        break;
                }
            }

            var read = Read([.. edited]);
            return (read.Flaw is null) == edited.SequenceEqual(whole)
                && read.Entries.All(entry => Three.Contains((entry.Id, Encoding.UTF8.GetString(entry.Payload.Span))));
        });

    [Fact]
    public void A_lone_surrogate_in_an_id_survives() =>
        Read(Sealed(Key, [new SealedEntry("x\uD800y", Array.Empty<byte>())])).Entries.Single().Id.Should().Be("x\uD800y");

    [Fact]
    public void A_file_cut_anywhere_is_flawed_and_gives_only_true_entries()
    {
        var whole = Sealed(Key, Three);
        for (var length = 0; length < whole.Length; length++)
        {
            ShouldBeFlawedButTrue(Read(whole[..length]), $"cut at {length}");
        }
    }

    [Fact]
    public void A_file_with_any_bit_flipped_is_flawed_and_gives_only_true_entries()
    {
        var whole = Sealed(Key, Three);
        for (var bit = 0; bit < whole.Length * 8; bit++)
        {
            var flipped = whole.ToArray();
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            ShouldBeFlawedButTrue(Read(flipped), $"bit {bit}");
        }
    }

    [Fact]
    public void Entries_beside_a_damaged_one_are_kept()
    {
        var whole = Sealed(Key, Three);
        whole[HeaderSize + 5 + 12] ^= 1;
        var read = Read(whole);
        read.Entries.Select(entry => entry.Id).Should().Equal("b", "");
        read.Flaw.Should().Be("damaged entries: 1");
    }

    [Fact]
    public void Swapped_entries_of_the_same_size_are_not_authentic()
    {
        var whole = Sealed(Key, [("a", "1"), ("b", "2")]);
        var size = (int)SealedFormat.RecordSize("a", 1);
        byte[] swapped =
        [
            .. whole[..HeaderSize], .. whole[(HeaderSize + size)..(HeaderSize + (2 * size))], .. whole[HeaderSize..(HeaderSize + size)],
            .. whole[(HeaderSize + (2 * size))..],
        ];
        Read(swapped).Entries.Should().BeEmpty();
    }

    [Fact]
    public void An_entry_of_another_file_with_the_same_key_is_not_authentic()
    {
        var mine = Sealed(Key, [("a", "1")]);
        var other = Sealed(Key, [("a", "2")]);
        var read = Read([.. mine[..HeaderSize], .. other[HeaderSize..]]);
        read.Entries.Should().BeEmpty();
        read.Flaw.Should().NotBeNull();
    }

    [Fact]
    public void Bytes_behind_the_trailer_are_a_flaw()
    {
        var read = Read([.. Sealed(Key, Three), 0]);
        read.Entries.Should().HaveCount(3);
        read.Flaw.Should().Be("bytes behind the trailer");
    }

    [Fact]
    public void Another_key_opens_nothing()
    {
        var read = SealedFormat.Read(new MemoryStream(Sealed(Key, Three)), RandomNumberGenerator.GetBytes(SealedFormat.KeySize));
        read.Entries.Should().BeEmpty();
        read.Flaw.Should().Be("damaged, or sealed with another key");
    }

    [Fact]
    public void Another_version_is_not_read()
    {
        var whole = Sealed(Key, Three);
        whole[9] = 2;
        var read = Read(whole);
        read.Entries.Should().BeEmpty();
        read.Flaw.Should().Be("unknown version 2");
    }

    [Fact]
    public void A_file_over_the_bound_is_not_read()
    {
        using var huge = new HugeStream();
        var read = SealedFormat.Read(huge, Key);
        read.Entries.Should().BeEmpty();
        read.Flaw.Should().Be("larger than 512 MiB");
    }

    [Fact]
    public void The_same_entries_never_seal_to_the_same_bytes() =>
        Sealed(Key, Three)[HeaderSize..].Should().NotEqual(Sealed(Key, Three)[HeaderSize..]);

    [Fact]
    public void The_file_has_the_size_that_is_counted()
    {
        var records = Three.Sum(entry => SealedFormat.RecordSize(entry.Id, entry.Text.Length));
        Sealed(Key, Three).Length.Should().Be((int)SealedFormat.FileSize(records));
    }

    private static byte[] Sealed(byte[] key, IEnumerable<(string Id, string Text)> entries) =>
        Sealed(key, entries.Select(entry => new SealedEntry(entry.Id, Encoding.UTF8.GetBytes(entry.Text))).ToList());

    private static byte[] Sealed(byte[] key, IReadOnlyCollection<SealedEntry> entries)
    {
        using var stream = new MemoryStream();
        SealedFormat.Write(stream, key, entries);
        return stream.ToArray();
    }

    private static SealedContent Read(byte[] file) => SealedFormat.Read(new MemoryStream(file), Key);

    private static void ShouldBeFlawedButTrue(SealedContent read, string because)
    {
        read.Flaw.Should().NotBeNull(because);
        read.Entries.Select(entry => (entry.Id, Encoding.UTF8.GetString(entry.Payload.Span))).Should().BeSubsetOf(Three, because);
    }

    private sealed class HugeStream : MemoryStream
    {
        public override long Length => SealedFormat.MaxFile + 1;
    }
}
