using System.Collections.Immutable;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The roots as stored. No key is in here: a read of the roots never touches one (ca CA-41).</summary>
/// <param name="ClusterId">As made or configured, case kept (certificates CERT-1, CERT-3).</param>
/// <param name="Entries">Sorted by ID (CA-2); exactly one is active.</param>
internal sealed record AuthorityRoots(string ClusterId, ImmutableArray<RootEntry> Entries)
{
    /// <summary>The active root; null only while there is none.</summary>
    public RootEntry? FindActive() => Entries.FirstOrDefault(entry => entry.Root.Active);
}

/// <summary>A root with what its document never shows (CA-6).</summary>
/// <param name="Root">As shown.</param>
internal sealed record RootEntry(CaRoot Root)
{
    /// <summary>When another root took over; null while active.</summary>
    public DateTimeOffset? RotatedOutAt { get; init; }

    /// <summary>The longest life of leaves that was configured while this root was active: it is trusted at least that long (CA-55).</summary>
    public TimeSpan LongestLeafLife { get; init; }

    /// <summary>The block that makes holders of the former root trust this one; null when forced, and when no longer needed.</summary>
    public CrossSigning? CrossSigned { get; init; }
}

/// <summary>A root's certificate under the former root's signature (CERT-41).</summary>
/// <param name="By">ID of the root that signed it.</param>
/// <param name="Pem">As it stands in <c>IntermediateCerts</c>.</param>
internal sealed record CrossSigning(string By, string Pem, DateTimeOffset NotAfter);
