using System.Collections.Immutable;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>Decisions about revocations; pure.</summary>
internal static class Revocations
{
    /// <summary>How many there may be: agents hold and compare all of them.</summary>
    [Limit(EntriesLimit, "entries", "refused: 429", Refuses = true)]
    public const int Most = 10_000;

    public const string EntriesLimit = "revocation.entries";

    public const string StayLimit = "revocation.stay";

    /// <summary>No certificate ends later than this from now.</summary>
    [Limit(StayLimit, "s", "refused", Refuses = true)]
    public static readonly TimeSpan LongestStay = CertificateLife.LeafHorizon;

    /// <summary>How long an entry outlives its certificates: the clocks of those who check them may be slow.</summary>
    public static readonly TimeSpan ClockGrace = TimeSpan.FromMinutes(10);

    public static string KeyOf(RevocationEntry revocation) => revocation.SerialNumber is { } serial
        ? KeyOfSerial(serial, revocation.Datacenter)
        : KeyOfIdentity(revocation.SpiffeId ?? string.Empty);

    public static string KeyOfSerial(string normal, string datacenter) => $"serial/{datacenter}/{normal}";

    public static string KeyOfIdentity(string spiffeId) => "identity/" + spiffeId;

    /// <summary>What has nothing left to refuse.</summary>
    public static IReadOnlyList<string> Ended(ImmutableSortedDictionary<string, RevocationEntry> revocations, DateTimeOffset now) =>
        [.. revocations.Where(entry => entry.Value.ExpiresAt + ClockGrace < now).Select(entry => entry.Key)];

    /// <summary>Both of two revocations of the same thing in one: what either refuses, it refuses.</summary>
    public static RevocationEntry Union(RevocationEntry a, RevocationEntry b)
    {
        var later = SerialNumber.Boundary(a.SerialsBefore) >= SerialNumber.Boundary(b.SerialsBefore) ? a : b;
        return later with
        {
            RevokedAt = a.RevokedAt < b.RevokedAt ? a.RevokedAt : b.RevokedAt,
            ExpiresAt = a.ExpiresAt > b.ExpiresAt ? a.ExpiresAt : b.ExpiresAt,
            IssuedBefore = a.IssuedBefore > b.IssuedBefore ? a.IssuedBefore : b.IssuedBefore ?? a.IssuedBefore,
            CreateIndex = Math.Min(a.CreateIndex, b.CreateIndex),
            ModifyIndex = Math.Max(a.ModifyIndex, b.ModifyIndex),
        };
    }
}
