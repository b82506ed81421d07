using ConnectAgent.Caching;
using ConnectAgent.Protocol.Acl;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>The queue against a sorted list.</summary>
public sealed class EvictionQueueTests
{
    [Fact]
    public void The_least_rank_is_always_first()
    {
        var random = new Random(20260101);
        var (queue, other) = (new EvictionQueue(0), new EvictionQueue(1));
        List<Stub> all = [];
        for (var step = 0; step < 20_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1 when all.Count < 200:
                    var added = new Stub { Rank = random.Next(50) };
                    all.Add(added);
                    queue.Add(added);
                    other.Add(added);
                    break;
                case 2 when all.Count > 0:
                    var moved = all[random.Next(all.Count)];
                    moved.Rank = random.Next(50);
                    queue.Moved(moved);
                    other.Moved(moved);
                    break;
                case 3 when all.Count > 0:
                    var removed = all[random.Next(all.Count)];
                    all.Remove(removed);
                    queue.Remove(removed);
                    queue.Remove(removed);
                    other.Remove(removed);
                    break;
            }

            (queue.Count, other.Count).Should().Be((all.Count, all.Count));
            (queue.First?.Rank, other.First?.Rank).Should().Be((all.Min(entry => (long?)entry.Rank), all.Min(entry => (long?)entry.Rank)));
        }
    }

    private sealed class Stub() : CacheEntry(new CacheKey("kind", "dc1", string.Empty, string.Empty))
    {
        private FetchStatistics _fetches;

        public override CacheRequest Request => throw new NotSupportedException();

        public override IReadOnlyList<AccessRequest>? Needs => null;

        public override ref FetchStatistics Fetches => ref _fetches;

        public override bool IsStopped => false;

        public override bool CarriesNothing => false;

        public override bool GoesFirst => false;

        public override string State => string.Empty;

        public override void Stop()
        {
        }

        public override void Pulse()
        {
        }

        public override EntryFacts Facts() => throw new NotSupportedException();

        public override bool TrySeal(System.Buffers.IBufferWriter<byte> payload, TimeProvider clock) => false;
    }
}
