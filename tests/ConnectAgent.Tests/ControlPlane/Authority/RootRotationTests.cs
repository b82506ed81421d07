using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>ca section 4, as functions.</summary>
public sealed class RootRotationTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    [Fact] // CA-7, CA-50, CA-51
    public void The_former_root_stays_as_it_was_but_for_its_activity()
    {
        var first = RootRotation.First("c", Entry("b"), 5);
        var second = RootRotation.Activate(first, Entry("a", crossedBy: "b"), Start, 9);
        second.Entries.Select(entry => entry.Root.Id).Should().Equal("a", "b");
        var (active, former) = (second.Entries[0], second.Entries[1]);
        active.Should().Match<RootEntry>(entry => entry.Root.Active && entry.RotatedOutAt == null && entry.Root.CreateIndex == 9 && entry.Root.ModifyIndex == 9);
        former.RotatedOutAt.Should().Be(Start);
        former.Root.Should().BeEquivalentTo(first.Entries[0].Root with { Active = false, ModifyIndex = 9 });
    }

    [Fact] // a given root that comes back must not be listed twice
    public void A_root_that_comes_back_is_active_again_and_listed_once()
    {
        var roots = RootRotation.Activate(RootRotation.First("c", Entry("a"), 1), Entry("b"), Start, 2);
        var back = RootRotation.Activate(roots, Entry("a", crossedBy: "b"), Start + Day, 3);
        back.Entries.Should().HaveCount(2);
        back.FindActive()!.Should().Match<RootEntry>(entry => entry.Root.Id == "a" && entry.RotatedOutAt == null && entry.Root.CreateIndex == 1);
    }

    [Theory] // CA-55: 2 × LeafCertTTL, and never while a leaf that was signed under it may live
    [InlineData(72, 72, 144, true)]
    [InlineData(72, 72, 145, false)]
    [InlineData(72, 1, 73, true)]
    [InlineData(72, 1, 71, true)]
    [InlineData(1, 72, 143, true)]
    [InlineData(8760, 1, 8759, true)]
    [InlineData(8760, 1, 8761, false)]
    public void A_root_is_kept_as_long_as_leaves_can_need_it(int longestHours, int nowHours, int passedHours, bool kept)
    {
        var roots = RootRotation.Activate(
            RootRotation.First("c", Entry("a", leafHours: longestHours), 1), Entry("b", leafHours: nowHours), Start, 2);
        var pruned = RootRotation.Prune(roots, TimeSpan.FromHours(nowHours), Start.AddHours(passedHours), () => 3);
        var expected = kept && passedHours <= Math.Max(2 * nowHours, longestHours);
        pruned.Entries.Any(entry => entry.Root.Id == "a").Should().Be(expected);
    }

    [Fact] // CA-55, section 10
    public void Pruning_the_old_root_drops_the_cross_signed_block_and_raises_the_index()
    {
        var roots = RootRotation.Activate(RootRotation.First("c", Entry("a"), 1), Entry("b", crossedBy: "a"), Start, 2);
        RootRotation.Prune(roots, Day, Start + Day, () => throw new InvalidOperationException("no write is due")).Should().BeSameAs(roots);
        var pruned = RootRotation.Prune(roots, Day, Start + (4 * Day), () => 3);
        pruned.Entries.Should().ContainSingle().Which.Root.Should().Match<CaRoot>(root => root.IntermediateCerts == null && root.ModifyIndex == 3);
    }

    [Fact] // section 10: also when it has expired before, and never a signing intermediate beside it
    public void An_expired_cross_signed_block_goes_and_the_signing_intermediate_stays()
    {
        var next = Entry("b", crossedBy: "a") with { };
        next = next with { Root = next.Root with { IntermediateCerts = [.. next.Root.IntermediateCerts!, "signer"] } };
        var roots = RootRotation.Activate(RootRotation.First("c", Entry("a", leafHours: 8760), 1), next, Start, 2);
        var pruned = RootRotation.Prune(roots, Day, Start + (8 * Day), () => 3);
        pruned.Entries.Should().HaveCount(2);
        pruned.FindActive()!.Root.IntermediateCerts.Should().Equal("signer");
    }

    [Fact]
    public void Whatever_happens_one_root_is_active_and_none_goes_too_early() => Prop.ForAll(
        Arb.From(Gen.ListOf(Gen.Choose(0, 999))),
        steps =>
        {
            var (now, index) = (Start, 1UL);
            var roots = RootRotation.First("c", Entry("r0"), index);
            Dictionary<string, DateTimeOffset> lastLeafEnds = new(StringComparer.Ordinal);
            var leafLife = TimeSpan.FromHours(72);
            foreach (var step in steps)
            {
                now += TimeSpan.FromHours(step % 97);

                // A leaf is signed under the active root with the life configured now.
                roots = RootRotation.Remember(roots, leafLife);
                lastLeafEnds[roots.FindActive()!.Root.Id] = Max(lastLeafEnds.GetValueOrDefault(roots.FindActive()!.Root.Id), now + leafLife);
                switch (step % 3)
                {
                    case 0:
                        roots = RootRotation.Activate(roots, Entry("r" + (step % 7), leafHours: (int)leafLife.TotalHours), now, ++index);
                        break;
                    case 1:
                        leafLife = TimeSpan.FromHours(1 + (step % 500));
                        roots = RootRotation.Remember(roots, leafLife);
                        break;
                    default:
                        roots = RootRotation.Prune(roots, leafLife, now, () => ++index);
                        break;
                }

                var ids = roots.Entries.Select(entry => entry.Root.Id).ToList();
                var alive = lastLeafEnds.Where(pair => pair.Value > now).Select(pair => pair.Key);
                if (roots.Entries.Count(entry => entry.Root.Active) != 1 || !ids.SequenceEqual(ids.Distinct().Order(StringComparer.Ordinal))
                    || alive.Except(ids).Any())
                {
                    return false;
                }
            }

            return true;
        }).QuickCheckThrowOnFailure();

    [Theory] // section 10
    [InlineData(0, 0)]
    [InlineData(49, 0)]
    [InlineData(50, 50)]
    [InlineData(76, 75)]
    [InlineData(90, 90)]
    [InlineData(101, 100)]
    public void Life_has_levels(int percent, int level) =>
        CertificateLife.LevelOf(Start, Start + (100 * Day), Start + (percent * Day)).Should().Be(level);

    [Theory]
    [InlineData(3650, 72, 89, false)]
    [InlineData(3650, 72, 90, true)]
    [InlineData(10, 72, 39, false)]
    [InlineData(10, 72, 50, true)]
    [InlineData(1, 72, 49, false)]
    public void A_root_is_renewed_in_time_but_never_in_the_first_half(int lifeDays, int leafHours, int percent, bool due) =>
        CertificateLife.IsRenewalDue(Start, Start + (lifeDays * Day), TimeSpan.FromHours(leafHours), Start + (lifeDays * Day * percent / 100))
            .Should().Be(due);

    private static DateTimeOffset Max(DateTimeOffset a, DateTimeOffset b) => a > b ? a : b;

    private static RootEntry Entry(string id, string? crossedBy = null, int leafHours = 72) => new(new CaRoot
    {
        Id = id,
        Name = "n",
        SerialNumber = 1,
        SigningKeyId = id,
        ExternalTrustDomain = "c",
        NotBefore = Start,
        NotAfter = Start + (3650 * Day),
        RootCert = "root",
        IntermediateCerts = crossedBy is null ? null : ["crossed"],
        Active = true,
        PrivateKeyType = "ec",
        PrivateKeyBits = 256,
    })
    {
        LongestLeafLife = TimeSpan.FromHours(leafHours),
        CrossSigned = crossedBy is null ? null : new CrossSigning(crossedBy, "crossed", Start + (7 * Day)),
    };
}
