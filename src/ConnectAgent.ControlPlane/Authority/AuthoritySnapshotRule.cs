using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using static ConnectAgent.State.Snapshots.SnapshotCheck;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>A snapshot has a CA that can sign, or none where there is none yet: leaves are not to be left without an issuer.</summary>
internal sealed class AuthoritySnapshotRule(ActiveSigner signer) : ISnapshotRule
{
    public async Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken)
    {
        var state = image.State;
        var roots = state.Find(AuthorityTables.Roots, StateTable.OnlyKey);
        var configuration = state.Find(AuthorityTables.Configuration, StateTable.OnlyKey);
        if (roots is null || configuration is null)
        {
            Require(current.Find(AuthorityTables.Roots, StateTable.OnlyKey) is null, "it has no CA, and this agent has one");
            Require(roots is null && configuration is null, "it has a part of a CA only");
            return;
        }

        Require(roots.ClusterId.Length == 36 && Guid.TryParseExact(roots.ClusterId, "D", out _), "its CA has no cluster ID");
        Require(roots.Entries is { IsDefault: false } && roots.Entries.Count(entry => entry.Root.Active) == 1, "its CA has not exactly one active root");
        foreach (var entry in roots.Entries)
        {
            Require(RootIdOf(entry.Root) == entry.Root.Id, "a root of its CA is no certificate, or another than its ID says");
            Require(
                entry.LongestLeafLife >= TimeSpan.Zero && entry.LongestLeafLife <= CertificateLife.LeafHorizon, "a root of its CA has an impossible life of leaves");
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
}
