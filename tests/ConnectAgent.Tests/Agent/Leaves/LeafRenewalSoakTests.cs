using ConnectAgent.Agent.Caching;
using ConnectAgent.Agent.Leaves;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Leaves;

/// <summary>
/// Thirty days of a thousand services, carried out by a simulated loop on simulated time: the renewal policy alone decides, as it does in the agent
/// (leaf-certificates section 4).
/// </summary>
public sealed class LeafRenewalSoakTests
{
    private const int Services = 1000;
    private const int SignaturesPerSecond = 50;
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Life = TimeSpan.FromHours(72);
    private static readonly TimeSpan Check = TimeSpan.FromMinutes(10);
    private static readonly DateTimeOffset[] Rotations = [Start.AddDays(4), Start.AddDays(11).AddMinutes(3), Start.AddDays(11).AddMinutes(4), Start.AddDays(20)];
    private static readonly (DateTimeOffset From, DateTimeOffset To)[] Outages =
    [
        (Start.AddDays(6), Start.AddDays(6).AddMinutes(20)),
        (Start.AddDays(13).AddHours(5), Start.AddDays(13).AddHours(11)),
        (Start.AddDays(22), Start.AddDays(23)),
    ];

    private readonly Random _random = new(20260101);
    private readonly Leaf[] _leaves = [.. Enumerable.Range(0, Services).Select(_ => new Leaf())];
    private readonly SortedDictionary<long, int> _perSecond = [];
    private int _refusals;
    private int _early;

    [Fact]
    public void No_gap_no_storm_and_no_key_twice_within_a_second()
    {
        // Given
        var queue = new PriorityQueue<Leaf, DateTimeOffset>();
        foreach (var leaf in _leaves)
        {
            queue.Enqueue(leaf, Start);
        }

        // When
        var rotation = 0;
        while (queue.TryDequeue(out var leaf, out var now) && now < Start.AddDays(30))
        {
            while (rotation < Rotations.Length && Rotations[rotation] <= now)
            {
                // A rotation wakes every loop at its own time, not at the next check.
                foreach (var woken in _leaves)
                {
                    Turn(woken, Rotations[rotation]);
                    queue.Enqueue(woken, woken.Next);
                }

                rotation++;
            }

            if (leaf.Next <= now)
            {
                Turn(leaf, now);
                queue.Enqueue(leaf, leaf.Next);
            }
        }

        // Then
        _perSecond.Values.Max().Should().BeLessThanOrEqualTo(SignaturesPerSecond);
        foreach (var (minute, count) in _perSecond.GroupBy(pair => pair.Key / 60).Select(group => (group.Key, group.Sum(pair => pair.Value))))
        {
            count.Should().BeLessThanOrEqualTo(IsCalm(minute) ? 20 : Services, "minute {0}", minute);
        }

        _early.Should().Be(0, "no good leaf is replaced before 60 % of its life");
        _refusals.Should().BeLessThan(Services, "a refusal is rare when the spread works");
        _leaves.Should().OnlyContain(leaf => leaf.Issues >= 10 && leaf.Issues <= 30);
    }

    private static string KeyAt(DateTimeOffset now) => "key" + Rotations.Count(rotation => rotation <= now);

    private static bool IsOut(DateTimeOffset now) => Outages.Any(outage => now >= outage.From && now < outage.To);

    // Neither the start, nor a rotation, nor the catching up after an outage.
    private static bool IsCalm(long minute)
    {
        var at = DateTimeOffset.FromUnixTimeSeconds(minute * 60);
        return at - Start > TimeSpan.FromMinutes(5)
            && !Rotations.Any(rotation => at >= rotation.AddMinutes(-1) && at < rotation.AddMinutes(5))
            && !Outages.Any(outage => at >= outage.From.AddMinutes(-1) && at < outage.To.AddMinutes(5));
    }

    private void Turn(Leaf leaf, DateTimeOffset now)
    {
        if (leaf.Facts is { } drawn && now >= leaf.FetchEnds)
        {
            // A fetch of the agent holds for ten minutes and draws its instant at its start.
            (leaf.FetchEnds, leaf.Instant) = (now + Check, LeafRenewal.Instant(drawn, now, _random.NextDouble()));
        }

        leaf.Plan = leaf.Facts is { } facts
            ? LeafRenewal.Plan(facts, leaf.Plan, KeyAt(now), isCheck: false, now, leaf.Instant, _random.NextDouble())
            : leaf.Plan with { IssueAt = leaf.Plan.NotBefore > now ? leaf.Plan.NotBefore : now };
        if (leaf.Plan.IssueAt <= now)
        {
            Attempt(leaf, now);
        }

        var at = leaf.Plan.IssueAt > now ? leaf.Plan.IssueAt : leaf.Plan.NotBefore > now ? leaf.Plan.NotBefore : now + Check;
        var ends = leaf.FetchEnds > now ? leaf.FetchEnds : now + Check;
        leaf.Next = at < ends ? at : ends;
    }

    private void Attempt(Leaf leaf, DateTimeOffset now)
    {
        var second = now.ToUnixTimeSeconds();
        if (IsOut(now))
        {
            var pause = RefreshBackoff.Pause(leaf.Plan.Failures + 1, _random.NextDouble());
            leaf.Plan = LeafRenewal.AfterFailure(leaf.Plan, now, pause > LeafRenewal.LeastPause ? pause : LeafRenewal.LeastPause);
        }
        else if (_perSecond.GetValueOrDefault(second) >= SignaturesPerSecond)
        {
            _refusals += leaf.Facts is null ? 0 : 1;
            leaf.Plan = LeafRenewal.AfterRefusal(leaf.Plan, now, _random.NextDouble());
        }
        else
        {
            Issue(leaf, now);
            _perSecond[second] = _perSecond.GetValueOrDefault(second) + 1;
        }
    }

    private void Issue(Leaf leaf, DateTimeOffset now)
    {
        if (leaf.Facts is { } former)
        {
            (now - former.IssuedAt).Should().BeGreaterThanOrEqualTo(LeafRenewal.LeastPause);

            // Only an outage that outlasts a leaf may leave a gap, and only until the next attempt after it.
            var outlasted = Outages.Any(outage => former.ValidBefore >= outage.From && now <= outage.To.AddMinutes(2.1));
            (now < former.ValidBefore || outlasted).Should().BeTrue("a leaf that ended at {0} was renewed at {1}", former.ValidBefore, now);
        }

        _ = leaf.Facts is { } old && KeyAt(now) == old.AuthorityKeyId && now < old.ValidAfter + (Life * 0.6) && leaf.Plan.Failures == 0 ? _early++ : 0;
        leaf.Facts = new LeafFacts(now.AddMinutes(-1), now.AddMinutes(-1) + Life, now, KeyAt(now));
        leaf.Plan = RenewalPlan.None;
        leaf.FetchEnds = now;
        leaf.Issues++;
    }

    private sealed class Leaf
    {
        public LeafFacts? Facts { get; set; }

        public RenewalPlan Plan { get; set; } = RenewalPlan.None;

        public DateTimeOffset FetchEnds { get; set; }

        public DateTimeOffset Instant { get; set; }

        public DateTimeOffset Next { get; set; } = Start;

        public int Issues { get; set; }
    }
}
