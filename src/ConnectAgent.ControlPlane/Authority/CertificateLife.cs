namespace ConnectAgent.ControlPlane.Authority;

/// <summary>How far a CA certificate's life has gone, and what follows from it: pure functions (ca section 10).</summary>
internal static class CertificateLife
{
    /// <summary>The longest <c>LeafCertTTL</c> there is (365 days), and a day: no leaf ends later than this from now.</summary>
    public static readonly TimeSpan LeafHorizon = TimeSpan.FromDays(366);

    private const double RenewalShare = 0.9;
    private const double EarliestRenewal = 0.5;

    private static readonly int[] Levels = [100, 90, 75, 50];

    /// <summary>The last of 50, 75, 90 and 100 percent that has passed; 0 before the first.</summary>
    public static int LevelOf(DateTimeOffset notBefore, DateTimeOffset notAfter, DateTimeOffset now) =>
        Levels.FirstOrDefault(level => now >= notBefore + ((notAfter - notBefore) * (level / 100.0)));

    /// <summary>
    /// Whether a generated root is to be replaced: from 90 % of its life, or as soon as leaves would be cut at its end, but never in the first half.
    /// </summary>
    public static bool IsRenewalDue(DateTimeOffset notBefore, DateTimeOffset notAfter, TimeSpan leafLife, DateTimeOffset now)
    {
        var life = notAfter - notBefore;
        return now >= notBefore + (life * RenewalShare) || (now >= notBefore + (life * EarliestRenewal) && now + (2 * leafLife) > notAfter);
    }
}
