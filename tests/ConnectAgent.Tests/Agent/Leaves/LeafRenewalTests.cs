using ConnectAgent.Agent.Leaves;
using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Agent.Leaves;

/// <summary>leaf-certificates section 4.</summary>
public sealed class LeafRenewalTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly LeafFacts Leaf = new(Start, Start.AddHours(72), Start, "aa");

    [Theory] // LEAF-40, LEAF-42: 43.2 h and 64.8 h for a 72 h leaf
    [InlineData(0, 0.0, 43.2)]
    [InlineData(0, 0.5, 54.0)]
    [InlineData(50, 0.0, 50.0)]
    [InlineData(50, 0.5, 57.4)]
    [InlineData(65, 0.5, 65.0)]
    public void The_renewal_instant_lies_between_60_and_90_percent_of_the_life(double nowHours, double random, double expectedHours) =>
        LeafRenewal.Instant(Leaf, Start.AddHours(nowHours), random).Should().BeCloseTo(Start.AddHours(expectedHours), TimeSpan.FromSeconds(1));

    [Fact] // section 9, test 4: short lives follow the same rule, where the reference issues at every look
    public void A_five_minute_leaf_is_renewed_within_its_own_window() => Prop.ForAll(
        Arb.From(Gen.Choose(0, 999)),
        thousandths =>
        {
            var leaf = new LeafFacts(Start, Start.AddMinutes(5), Start, "aa");
            var at = LeafRenewal.Instant(leaf, Start, thousandths / 1000.0);
            return at >= Start.AddMinutes(3) && at < Start.AddMinutes(4.5);
        }).QuickCheckThrowOnFailure();

    private static CaRoot ScriptedRoot(string signingKeyId, bool active) => new()
    {
        Id = signingKeyId,
        Name = "root",
        SerialNumber = 1,
        SigningKeyId = signingKeyId,
        ExternalTrustDomain = "x",
        NotBefore = Start,
        NotAfter = Start.AddYears(1),
        RootCert = string.Empty,
        Active = active,
        PrivateKeyType = "ec",
        PrivateKeyBits = 256,
    };

    [Fact] // LEAF-47
    public void A_rotation_spreads_over_thirty_seconds()
    {
        var now = Start.AddHours(1);
        var plan = LeafRenewal.Plan(Leaf, RenewalPlan.None, "bb", isCheck: false, now, LeafRenewal.Instant(Leaf, now, 0.5), 0.5);
        plan.IssueAt.Should().Be(now.AddSeconds(15));
        LeafRenewal.Plan(Leaf, plan, "bb", isCheck: false, now.AddSeconds(5), LeafRenewal.Instant(Leaf, now.AddSeconds(5), 0.9), 0.9).IssueAt.Should().Be(now.AddSeconds(15), "it is drawn once");
    }

    [Fact] // LEAF-45
    public void A_reader_that_looks_after_a_rotation_gets_a_new_leaf_at_once()
    {
        var now = Start.AddHours(1);
        LeafRenewal.Plan(Leaf, RenewalPlan.None, "bb", isCheck: true, now, LeafRenewal.Instant(Leaf, now, 0.5), 0.5).IssueAt.Should().Be(now);
    }

    [Fact] // LEAF-62: one try in each following 30 s window, at a random point of it
    public void A_refused_renewal_tries_once_in_each_window()
    {
        var now = Start.AddHours(50);
        var plan = RenewalPlan.None;
        for (var n = 1; n <= 5; n++)
        {
            plan = LeafRenewal.AfterRefusal(plan, now, 0.5);
            plan.ForcedAt.Should().Be(now.AddSeconds((30 * n) + 15));
            LeafRenewal.Plan(Leaf, plan, "aa", isCheck: true, now, LeafRenewal.Instant(Leaf, now, 0), 0).IssueAt.Should().Be(plan.ForcedAt!.Value, "no reader hurries it");
        }
    }

    [Fact] // LEAF-62: an outage between rotation and refusal makes no storm
    public void A_refusal_long_after_the_rotation_waits_for_the_next_window()
    {
        var now = Start.AddHours(50);
        var plan = RenewalPlan.None with { ForcedSince = now.AddHours(-1), ForcedAt = now.AddHours(-1) };
        LeafRenewal.AfterRefusal(plan, now, 0).NotBefore.Should().BeAfter(now).And.BeOnOrBefore(now.AddSeconds(60));
    }

    [Fact] // LEAF-82
    public void What_an_outage_made_overdue_is_spread_over_30_seconds_and_never_put_off()
    {
        var now = Start.AddHours(70);
        var overdue = LeafRenewal.AfterFailure(RenewalPlan.None with { Failures = 8 }, now, TimeSpan.FromSeconds(100));
        var plan = LeafRenewal.AfterReconnection(overdue, now, 0.9);
        (plan.NotBefore, plan.Failures).Should().Be((now.AddSeconds(27), 0));
        LeafRenewal.Plan(Leaf, plan, "aa", isCheck: false, now, LeafRenewal.Instant(Leaf, now, 0), 0).IssueAt.Should().Be(now.AddSeconds(27));
        LeafRenewal.AfterReconnection(overdue with { NotBefore = now.AddSeconds(5) }, now, 0.9).NotBefore.Should().Be(now.AddSeconds(5));
        LeafRenewal.AfterReconnection(RenewalPlan.None, now, 0.9).Should().Be(RenewalPlan.None, "what is not overdue keeps its instant");
    }

    [Fact] // LEAF-48: a rotation that reached the signer before the roots
    public void A_leaf_by_a_key_that_the_roots_do_not_list_yet_is_not_replaced()
    {
        var roots = new CaRoots
        {
            ActiveRootId = "1",
            TrustDomain = "x.consul",
            Roots = [ScriptedRoot("aa", active: false), ScriptedRoot("bb", active: true)],
        };
        LeafRenewal.SigningKeyFor(Leaf, roots, areOld: true).Should().Be("bb", "a listed root that is not active any more is a rotation");
        LeafRenewal.SigningKeyFor(Leaf with { AuthorityKeyId = "cc" }, roots, areOld: true).Should().Be("cc", "the leaf is ahead");
        LeafRenewal.SigningKeyFor(Leaf with { AuthorityKeyId = "cc" }, roots, areOld: false).Should().Be("bb", "its root is gone");
    }

    [Theory] // LEAF-56: a host that was suspended finds out inside the life, and the roots' entry never goes idle
    [InlineData(72, 6)]
    [InlineData(1, 1 / 6.0)]
    [InlineData(24 * 365, 24)]
    public void A_renewal_looks_again_after_a_twelfth_of_the_life(double lifeHours, double expectedHours) =>
        LeafRenewal.LongestHold(Leaf with { ValidBefore = Start.AddHours(lifeHours) }).Should().BeCloseTo(TimeSpan.FromHours(expectedHours), TimeSpan.FromSeconds(1));

    [Fact] // section 9, test 4
    public void A_leaf_is_never_issued_twice_within_a_second()
    {
        var justIssued = Leaf with { IssuedAt = Start.AddHours(70) };
        LeafRenewal.Plan(justIssued, RenewalPlan.None, "bb", isCheck: true, Start.AddHours(70), LeafRenewal.Instant(justIssued, Start.AddHours(70), 0), 0).IssueAt
            .Should().Be(Start.AddHours(70).AddSeconds(1));
    }
}
