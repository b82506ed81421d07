using System.Text;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.FuzzTests.Harness;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The sealed cache, as whoever may write to the data directory leaves it: what is not authentic gives nothing, and what is beside it stays.</summary>
internal sealed class SealedFileFuzz : FuzzTarget
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SealedFormat.KeySize).Select(i => (byte)i)];
    private static readonly SealedEntry[] Kept = [new("one", "first"u8.ToArray()), new("two", "second"u8.ToArray()), new("three", new byte[700])];

    public override string Name => "sealed-file";

    public override IReadOnlyList<string> Words => ["CAgtSeal", "\u0001", "\u0002", "\u0000\u0000\u0000\u0000"];

    // A record says its length before it is read, up to the bound of an entry.
    public override long FreeWork => 40 << 20;

    public override bool Run(byte[] input)
    {
        using var stream = new MemoryStream(input);
        var content = SealedFormat.Read(stream, Key);
        Require(content.Entries.Count <= Kept.Length, "more entries than were sealed");
        foreach (var entry in content.Entries)
        {
            Require(Kept.Any(kept => kept.Id == entry.Id && kept.Payload.Span.SequenceEqual(entry.Payload.Span)), "an entry that was never sealed");
        }

        return content is { Flaw: null, Entries.Count: 3 };
    }
}
