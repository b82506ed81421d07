using System.Collections.Immutable;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The life of the roots list: pure functions of the list, what is planned, and the time (ca section 4).</summary>
internal static class RootRotation
{
    /// <summary>CA-55: a root goes when it has been inactive for this many leaf lives.</summary>
    private const int LivesKept = 2;

    /// <summary>The list of a new cluster.</summary>
    public static AuthorityRoots First(string clusterId, RootEntry first, ulong index) =>
        new(clusterId, [Stamp(first with { Root = first.Root with { Active = true, CreateIndex = index } }, index)]);

    /// <summary>Makes a root the active one; the former stays, inactive, with its time (CA-50, CA-51).</summary>
    /// <param name="roots">The list.</param>
    /// <param name="next">A root that may have been in the list before: it is not listed twice.</param>
    /// <param name="now">When the former one is rotated out.</param>
    /// <param name="index">Of the write (CA-7).</param>
    public static AuthorityRoots Activate(AuthorityRoots roots, RootEntry next, DateTimeOffset now, ulong index)
    {
        var before = roots.Entries.FirstOrDefault(entry => entry.Root.Id == next.Root.Id);
        var active = next with
        {
            Root = next.Root with { Active = true, CreateIndex = before?.Root.CreateIndex ?? index },
            RotatedOutAt = null,
            LongestLeafLife = Longer(next.LongestLeafLife, before?.LongestLeafLife ?? TimeSpan.Zero),
        };
        var others = roots.Entries.Where(entry => entry.Root.Id != next.Root.Id).Select(entry => entry.Root.Active
            ? entry with { Root = entry.Root with { Active = false }, RotatedOutAt = now }
            : entry);
        return roots with { Entries = Sorted(others.Append(active).Select(entry => Stamp(entry, index))) };
    }

    /// <summary>Notes that leaves of the active root may live this long from now on.</summary>
    /// <returns>The same list where nothing changes.</returns>
    public static AuthorityRoots Remember(AuthorityRoots roots, TimeSpan leafLife) =>
        roots.FindActive() is { } active && active.LongestLeafLife < leafLife
            ? roots with { Entries = roots.Entries.Replace(active, active with { LongestLeafLife = leafLife }) }
            : roots;

    /// <summary>
    /// Drops roots that no living leaf can need (CA-55), and the cross-signed block of the active root once nobody can need it (section 10).
    /// </summary>
    /// <param name="roots">The list.</param>
    /// <param name="leafLife">LeafCertTTL now, with its default.</param>
    /// <param name="now">The time.</param>
    /// <param name="index">Of the write; asked for only when something changes.</param>
    /// <returns>The same list where nothing changes.</returns>
    public static AuthorityRoots Prune(AuthorityRoots roots, TimeSpan leafLife, DateTimeOffset now, Func<ulong> index)
    {
        var kept = roots.Entries.RemoveAll(entry =>
            entry.RotatedOutAt is { } at && !entry.Root.Active && now - at > Longer(LivesKept * leafLife, entry.LongestLeafLife));
        var active = kept.FirstOrDefault(entry => entry.Root.Active);
        if (active?.CrossSigned is { } cross && (now >= cross.NotAfter || kept.All(entry => entry.Root.Id != cross.By)))
        {
            var blocks = active.Root.IntermediateCerts?.Where(block => block != cross.Pem).ToList();
            kept = kept.Replace(
                active, active with { CrossSigned = null, Root = active.Root with { IntermediateCerts = blocks is { Count: > 0 } ? blocks : null } });
        }

        if (kept == roots.Entries)
        {
            return roots;
        }

        var at = index();
        return roots with { Entries = [.. kept.Select(entry => Stamp(entry, at))] };
    }

    // CA-7: rewritten on all at every change of the list.
    private static RootEntry Stamp(RootEntry entry, ulong index) => entry with { Root = entry.Root with { ModifyIndex = index } };

    private static ImmutableArray<RootEntry> Sorted(IEnumerable<RootEntry> entries) =>
        [.. entries.OrderBy(entry => entry.Root.Id, StringComparer.Ordinal)];

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
