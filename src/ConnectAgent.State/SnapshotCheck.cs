using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.State;

/// <summary>
/// What must hold of a snapshot's state before it replaces the one in use: an agent that cannot sign, or that nobody may administer, could not
/// even be repaired by the next snapshot. A checksum is no proof of content.
/// </summary>
internal sealed class SnapshotCheck(StateStore store, ActiveSigner signer, TokenResolver resolver, AclOptions acl, TimeProvider clock)
{
    /// <summary>Checks all of it; changes nothing.</summary>
    /// <exception cref="SnapshotException">Why it is refused.</exception>
    public async Task RequireAsync(StateImage image, CancellationToken cancellationToken)
    {
        RequireRoom(image.Index, store.LastIndex);
        RequireRoom(image.Serial, store.LastSerial);
        try
        {
            await RequireAuthorityAsync(image.State, cancellationToken);
            AclSnapshotRules.Require(image.State);
            RequireManagement(image.State);
        }
        catch (ServerException error)
        {
            throw new SnapshotException(error.Message, error);
        }

        RequireIntentions(image.State);
        RequireDocuments(image.State);
        RequireRevocations(image);
    }

    internal static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new SnapshotException(otherwise);
        }
    }

    // Its own snapshots an agent takes wherever its counters are: they lift nothing.
    private static void RequireRoom(ulong counter, ulong own)
    {
        if (counter > Math.Max(StateCounter.HighestLifted, own))
        {
            throw new SnapshotException($"a counter in it is higher than {StateCounter.HighestLifted}") { Limit = StateCounter.LiftLimit };
        }
    }

    private async Task RequireAuthorityAsync(StateSnapshot state, CancellationToken cancellationToken)
    {
        var roots = state.Find(StateTables.Roots, StateTables.TheOne);
        var configuration = state.Find(StateTables.CaConfiguration, StateTables.TheOne);
        if (roots is null || configuration is null)
        {
            Require(store.Current.Find(StateTables.Roots, StateTables.TheOne) is null, "it has no CA, and this agent has one");
            Require(roots is null && configuration is null, "it has a part of a CA only");
            return;
        }

        Require(AclIds.IsUuid(roots.ClusterId), "its CA has no cluster ID");
        Require(roots.Entries is { IsDefault: false } && roots.Entries.Count(entry => entry.Root.Active) == 1, "its CA has not exactly one active root");
        foreach (var entry in roots.Entries)
        {
            Require(RootIdOf(entry.Root) == entry.Root.Id, "a root of its CA is no certificate, or another than its ID says");
            Require(
                entry.LongestLeafLife >= TimeSpan.Zero && entry.LongestLeafLife <= Revocations.LongestStay, "a root of its CA has an impossible life of leaves");
        }

        try
        {
            await signer.TryAsync(state, roots, configuration, cancellationToken);
        }
        catch (ServerException error)
        {
            throw new SnapshotException("its CA could not sign: " + error.Message, error);
        }
    }

    private static string? RootIdOf(CaRoot root)
    {
        try
        {
            using var certificate = CertificatePem.First(root.RootCert);
            return RootDocument.IdOf(certificate);
        }
        catch (ProviderException)
        {
            return null;
        }
    }

    private void RequireManagement(StateSnapshot state)
    {
        if (!acl.Enabled)
        {
            return;
        }

        var now = clock.GetUtcNow();
        Require(state.Find(StateTables.AclTokens, AclIds.AnonymousAccessor) is not null, "ACLs are enabled here, and it has no anonymous token");
        Require(
            state.Rows(StateTables.AclTokens).Values.Any(token => !token.IsExpired(now) && resolver.RightsIn(state, token).Allows(AclResource.Acl, string.Empty, AclAccess.Write)),
            "ACLs are enabled here, and it has no management token: nobody could administer this agent any more");
    }

    // What a decision relies on; a decision that fails is no decision.
    private static void RequireIntentions(StateSnapshot state)
    {
        foreach (var source in state.Rows(StateTables.Intentions).Values.SelectMany(entry => entry.Sources))
        {
            Require(
                source.Permissions is { Count: > 0 } permissions
                    ? permissions.All(permission => permission.Http is not null && IsAction(permission.Action))
                    : IsAction(source.Action),
                "an intention in it neither allows nor denies");
        }

        Require(
            state.Rows(StateTables.Intentions).Values.All(entry => !entry.IsLegacy || entry.Sources.All(source => source.LegacyId is not null)),
            "an entry in it has an ID for some of its intentions only");
    }

    private static bool IsAction(string? action) => action is Protocol.Intentions.Intention.Allow or Protocol.Intentions.Intention.Deny;

    private static void RequireDocuments(StateSnapshot state)
    {
        foreach (var kind in DocumentKinds.All)
        {
            Require(
                state.Rows(kind.Rows).Values.All(kind.IsReadable), $"a config entry of kind {kind.Name} in it is none");
        }
    }

    private void RequireRevocations(StateImage image)
    {
        var rows = image.State.Rows(StateTables.Revocations);
        foreach (var row in rows.Values)
        {
            var isOne = row.SerialNumber is { } serial ? SerialNumber.IsNormal(serial) && row.SpiffeId is null && row.SerialsBefore is null
                : row.SpiffeId is { Length: > 0 } && row.SerialsBefore is { } before && SerialNumber.IsNormal(before)
                    && SerialNumber.TryCount(before, out var count) && count <= image.Serial;
            Require(isOne, "a revocation in it is none");
        }

        // They outlive the restore (docs/design/0011-revocation.md).
        Require(
            rows.Keys.Union(store.Current.Rows(StateTables.Revocations).Keys, StringComparer.Ordinal).Count() <= Revocations.Most,
            $"with those that are here, there would be more than {Revocations.Most} revocations");
        Require(
            image.State.Rows(StateTables.SerialMarks).Values.All(mark =>
                mark.Serial <= image.Serial && mark.LeafLife >= TimeSpan.Zero && mark.LeafLife <= Revocations.LongestStay),
            "a mark of serial numbers in it is of one that was never given out");
    }
}
