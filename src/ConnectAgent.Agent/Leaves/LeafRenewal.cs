using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Leaves;

/// <summary>When a leaf is replaced: pure functions of the leaf, the time and chance (leaf-certificates section 4).</summary>
internal static class LeafRenewal
{
    /// <summary>LEAF-47: re-issues after a rotation are spread over this long.</summary>
    public static readonly TimeSpan RootChangeSpread = TimeSpan.FromSeconds(30);

    /// <summary>Section 9, test 4: no key is issued anew more often.</summary>
    public static readonly TimeSpan LeastPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan ShortestTurn = TimeSpan.FromMinutes(10);
    [Limit("leaf.check", "s", "the leaf is checked although no timer is due")]
    private static readonly TimeSpan LongestTimer = TimeSpan.FromDays(1);

    private const double Soft = 0.6;
    private const double Hard = 0.9;

    /// <summary>From here on the leaf is overdue (LEAF-40).</summary>
    public static DateTimeOffset HardLimit(LeafFacts leaf) => leaf.ValidAfter + ((leaf.ValidBefore - leaf.ValidAfter) * Hard);

    /// <summary>LEAF-40 to LEAF-42: between 60 % and 90 % of the life, at a random instant; at once when that has passed.</summary>
    /// <param name="leaf">The leaf held.</param>
    /// <param name="now">The time of the check.</param>
    /// <param name="random">From 0 to below 1, drawn anew at each check.</param>
    public static DateTimeOffset Instant(LeafFacts leaf, DateTimeOffset now, double random)
    {
        var soft = leaf.ValidAfter + ((leaf.ValidBefore - leaf.ValidAfter) * Soft);
        var hard = HardLimit(leaf);
        if (now > hard)
        {
            return now;
        }

        var from = now > soft ? now : soft;
        return from + ((hard - from) * random);
    }

    /// <summary>The key that should have signed a leaf, to compare its own with (LEAF-48).</summary>
    /// <param name="leaf">The leaf held.</param>
    /// <param name="roots">As the agent knows them.</param>
    /// <param name="areOld">
    /// Whether these very roots were known already when the leaf came. A leaf by a key that they do not list is ahead of them then: a rotation
    /// reached the signer first, and replacing the leaf until it reaches the roots would be a storm.
    /// </param>
    public static string SigningKeyFor(LeafFacts leaf, CaRoots roots, bool areOld) =>
        areOld && roots.Roots.All(root => root.SigningKeyId != leaf.AuthorityKeyId)
            ? leaf.AuthorityKeyId
            : roots.Active?.SigningKeyId ?? string.Empty;

    /// <summary>What to do with a leaf (LEAF-43 to LEAF-47).</summary>
    /// <param name="leaf">The leaf held.</param>
    /// <param name="plan">What earlier checks decided.</param>
    /// <param name="activeSigningKeyId">Of the active root; compared with the leaf's issuer, not the root's ID (LEAF-48).</param>
    /// <param name="isCheck">A reader asks now: a rotation counts at once, without spread (LEAF-45).</param>
    /// <param name="now">The time of the look.</param>
    /// <param name="instant">
    /// What <see cref="Instant"/> gave when this fetch began: drawn anew at each look, it would for ever lie ahead (LEAF-42).
    /// </param>
    /// <param name="random">For the spread after a rotation; from 0 to below 1.</param>
    /// <returns>The plan from now on; issue when its <see cref="RenewalPlan.IssueAt"/> is not after now.</returns>
    public static RenewalPlan Plan(
        LeafFacts leaf, RenewalPlan plan, string activeSigningKeyId, bool isCheck, DateTimeOffset now, DateTimeOffset instant, double random)
    {
        var rotated = leaf.AuthorityKeyId != activeSigningKeyId;
        if (!rotated && plan.Refusals == 0)
        {
            plan = plan with { ForcedAt = null, ForcedSince = null };
        }
        else if (rotated && plan.ForcedAt is null)
        {
            plan = plan with { ForcedSince = now, ForcedAt = isCheck ? now : now + (RootChangeSpread * random) };
        }

        if (rotated && isCheck && plan.Refusals == 0)
        {
            instant = now;
        }

        var due = plan.ForcedAt is { } forced && forced < instant ? forced : instant;
        var earliest = plan.NotBefore > leaf.IssuedAt + LeastPause ? plan.NotBefore : leaf.IssuedAt + LeastPause;
        return plan with { IssueAt = due > earliest ? due : earliest };
    }

    /// <summary>
    /// How long a renewal may sleep without a look: a timer stands still while the host is suspended, and it cannot be armed for months. A twelfth of
    /// the life still leads from the hard limit to the next look inside the life (0.9 + 0.084); a day keeps the roots' entry from going idle; and
    /// more often than each ten minutes would be no sleep.
    /// </summary>
    public static TimeSpan LongestHold(LeafFacts leaf)
    {
        var twelfth = (leaf.ValidBefore - leaf.ValidAfter) / 12;
        return twelfth < ShortestTurn ? ShortestTurn : twelfth < LongestTimer ? twelfth : LongestTimer;
    }

    /// <summary>LEAF-82: the servers are back; what they made overdue is renewed within 30 s, or at its own next try if that comes first.</summary>
    public static RenewalPlan AfterReconnection(RenewalPlan plan, DateTimeOffset now, double random)
    {
        if (plan.Failures == 0)
        {
            return plan;
        }

        var spread = now + (RootChangeSpread * random);
        return plan with { Failures = 0, NotBefore = spread < plan.NotBefore ? spread : plan.NotBefore };
    }

    /// <summary>LEAF-62: one more try in each following 30 s window, at a random point of it.</summary>
    public static RenewalPlan AfterRefusal(RenewalPlan plan, DateTimeOffset now, double random)
    {
        var since = plan.ForcedSince ?? now;

        // The window after the present one, also when an outage lies between the rotation and the refusal.
        var window = Math.Max(plan.Refusals + 1, (int)Math.Floor((now - since) / RootChangeSpread) + 1);
        var retry = since + (RootChangeSpread * (window + random));
        return plan with { ForcedSince = since, Refusals = window, ForcedAt = retry, NotBefore = retry };
    }

    /// <summary>LEAF-66, LEAF-80: the servers are unreachable; the leaf stays, the next try backs off.</summary>
    public static RenewalPlan AfterFailure(RenewalPlan plan, DateTimeOffset now, TimeSpan pause) =>
        plan with { Failures = plan.Failures + 1, NotBefore = now + pause };
}

/// <summary>What the decisions need to know of a leaf.</summary>
/// <param name="ValidAfter">The certificate's NotBefore.</param>
/// <param name="ValidBefore">The certificate's NotAfter.</param>
/// <param name="IssuedAt">When this agent got it.</param>
/// <param name="AuthorityKeyId">Colon hex.</param>
internal readonly record struct LeafFacts(DateTimeOffset ValidAfter, DateTimeOffset ValidBefore, DateTimeOffset IssuedAt, string AuthorityKeyId);

/// <summary>What is decided about a leaf's next renewal; a successful issue starts over with <see cref="None"/> (LEAF-49).</summary>
/// <param name="IssueAt">When to issue.</param>
/// <param name="ForcedAt">LEAF-43's F.</param>
/// <param name="ForcedSince">LEAF-47's S.</param>
/// <param name="Refusals">Rate-limited attempts in a row.</param>
/// <param name="Failures">Other failed attempts in a row.</param>
/// <param name="NotBefore">No attempt before it.</param>
internal sealed record RenewalPlan(
    DateTimeOffset IssueAt,
    DateTimeOffset? ForcedAt = null,
    DateTimeOffset? ForcedSince = null,
    int Refusals = 0,
    int Failures = 0,
    DateTimeOffset NotBefore = default)
{
    public static RenewalPlan None { get; } = new(default(DateTimeOffset));

    /// <summary>When the next issue is tried.</summary>
    public DateTimeOffset NextTry => IssueAt > NotBefore ? IssueAt : NotBefore;
}
