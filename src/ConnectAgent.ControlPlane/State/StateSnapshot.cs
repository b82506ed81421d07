using System.Collections.Immutable;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;

namespace ConnectAgent.ControlPlane.State;

/// <summary>All state at one index. Immutable: readers keep it as long as they like.</summary>
/// <param name="Index">The last index given out, to a write or to a signed leaf.</param>
/// <param name="Intentions">By destination name in ASCII lower case (intentions IXN-1, IXN-5).</param>
/// <param name="ConfigIndex">The highest index of any config entry write or delete (IAPI-6).</param>
/// <param name="Authority">Null until the CA is initialized.</param>
internal sealed record StateSnapshot(
    ulong Index,
    ImmutableSortedDictionary<string, IntentionEntry> Intentions,
    ulong ConfigIndex,
    AuthorityState? Authority)
{
    // 1 is what a table without any write answers (http-conventions IDX-9), so the first write gets 2.
    public static StateSnapshot Empty { get; } =
        new(1, ImmutableSortedDictionary.Create<string, IntentionEntry>(StringComparer.Ordinal), 0, null);
}
