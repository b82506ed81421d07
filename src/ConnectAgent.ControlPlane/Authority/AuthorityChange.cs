using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Carries out one change of the CA: prepare, cross-sign, write, clean up, in this order (ca CA-50, CA-42).</summary>
internal sealed class AuthorityChange(
    StateStore store,
    ActiveSigner signer,
    ProviderPreparation preparation,
    AuthorityOptions options,
    AuthorityMetrics metrics,
    TimeProvider clock,
    ILogger<AuthorityChange> logger)
{
    private const string NotAtomic = "could not atomically update roots and config";
    private static readonly TimeSpan ShortestCrossSigning = TimeSpan.FromDays(7);

    /// <summary>Makes the cluster ID, the root and the configuration of a new cluster.</summary>
    /// <exception cref="ServerException">Nothing was made.</exception>
    public async Task MakeFirstAsync(StateSnapshot state, CancellationToken cancellationToken)
    {
        var clusterId = options.ClusterId ?? Guid.NewGuid().ToString();
        var prepared = await preparation.PrepareAsync(
            options.Provider, options.Configuration, clusterId, state, renew: false, cancellationToken);
        using var certificate = prepared.Certificate;
        await CommitAsync(prepared, options.Configuration, writer =>
        {
            if (writer.State.Find(AuthorityTables.Roots, StateTable.OnlyKey) is not null)
            {
                throw new ServerException(FailureKind.Failed, NotAtomic);
            }

            KeepRow(writer, prepared.Provider.Row);
            writer.Put(AuthorityTables.Roots, RootRotation.First(clusterId, prepared.Root, writer.Index));
            writer.Put(AuthorityTables.Configuration, new CaConfiguration(
                options.Provider, options.Configuration, prepared.Provider.State, ForceWithoutCrossSigning: false, writer.Index, writer.Index));
            return writer.Index;
        });
        logger.RootMade(prepared.Root.Root.Id, prepared.Root.Root.NotAfter);
        WarnAboutUri(prepared, clusterId);
    }

    /// <summary>Changes the configuration, and the root with it where it leads to another one.</summary>
    /// <param name="state">What the change was decided on.</param>
    /// <param name="stored">The configuration in it.</param>
    /// <param name="next">The configuration to be; its state and index are still to come.</param>
    /// <param name="renew">Make a new root although the configuration does not ask for one.</param>
    /// <exception cref="ServerException">Nothing has changed.</exception>
    public async Task ChangeAsync(
        StateSnapshot state, CaConfiguration stored, CaConfiguration next, bool renew, CancellationToken cancellationToken)
    {
        var before = state.Find(AuthorityTables.Roots, StateTable.OnlyKey)?.FindActive()
            ?? throw new ServerException(FailureKind.Failed, "CA has not finished initializing");
        var former = await FormerAsync(next, cancellationToken);
        var prepared = await preparation.PrepareAsync(
            next.Provider, next.Config, before.Root.ExternalTrustDomain, state, renew, cancellationToken);
        using var certificate = prepared.Certificate;
        var rotates = prepared.Root.Root.Id != before.Root.Id;
        try
        {
            CheckUpdate(former, stored, next);
            if (rotates && !next.ForceWithoutCrossSigning)
            {
                prepared = prepared with { Root = await CrossSignAsync(former!, prepared, cancellationToken) };
            }
        }
        catch
        {
            Discard(prepared);
            throw;
        }

        var index = await CommitAsync(prepared, next.Config, writer =>
        {
            var roots = writer.State.Find(AuthorityTables.Roots, StateTable.OnlyKey);
            if (roots?.FindActive()?.Root.Id != before.Root.Id
                || !ReferenceEquals(writer.State.Find(AuthorityTables.Configuration, StateTable.OnlyKey), stored))
            {
                throw new ServerException(FailureKind.Failed, NotAtomic);
            }

            KeepRow(writer, prepared.Provider.Row);
            var after = rotates
                ? RootRotation.Activate(roots, prepared.Root, clock.GetUtcNow(), writer.Index)
                : RootRotation.Remember(roots, prepared.Provider.Settings.LeafCertTtl);
            if (!ReferenceEquals(after, roots))
            {
                writer.Put(AuthorityTables.Roots, after);
            }

            writer.Put(
                AuthorityTables.Configuration, next with { State = prepared.Provider.State, ModifyIndex = writer.Index });
            return writer.Index;
        });
        logger.ConfigurationChanged(next.Provider, index);
        if (rotates)
        {
            metrics.Rotated();
            logger.RootRotated(before.Root.Id, prepared.Root.Root.Id, prepared.Root.CrossSigned is not null);
            WarnAboutUri(prepared, before.Root.ExternalTrustDomain);
        }

        await CleanUpAsync(former, stored, next, cancellationToken);
    }

    /// <summary>Takes up the provider that belongs to the state.</summary>
    /// <exception cref="ServerException">It cannot be had.</exception>
    public async Task AdoptAsync(CancellationToken cancellationToken) =>
        metrics.Intermediate((await signer.GetAsync(cancellationToken))?.Intermediate);

    private static void Discard(PreparedProvider prepared)
    {
        prepared.Provider.Stop();
        prepared.Provider.Dispose();
    }

    private static void KeepRow(StateWriter writer, ProviderRow? row)
    {
        // What no provider in use keeps goes in the same write (CA-42, CA-54).
        foreach (var id in writer.State.Rows(AuthorityTables.ProviderRows).Keys.Where(id => id != row?.Id).ToList())
        {
            writer.Remove(AuthorityTables.ProviderRows, id);
        }

        if (row is not null && !ReferenceEquals(writer.State.Find(AuthorityTables.ProviderRows, row.Id), row))
        {
            writer.Put(AuthorityTables.ProviderRows, row);
        }
    }

    private static void CheckUpdate(LoadedAuthority? former, CaConfiguration stored, CaConfiguration next)
    {
        try
        {
            if (former is not null && stored.Provider == next.Provider)
            {
                former.Provider.CheckUpdate(stored.Config, next.Config);
            }
        }
        catch (ProviderException error)
        {
            // CA-93.
            throw new ServerException(
                FailureKind.Failed, "new configuration is incompatible with previous configuration: " + error.Message, error);
        }
    }

    private static async Task<RootEntry> CrossSignAsync(LoadedAuthority former, PreparedProvider prepared, CancellationToken cancellationToken)
    {
        if (!former.Provider.SupportsCrossSigning)
        {
            throw new ServerException(
                FailureKind.Failed,
                "The current CA Provider does not support cross-signing. You can try again with ForceWithoutCrossSigningSet but this may cause "
                    + "disruption - see documentation for more.");
        }

        // As long as chains with this block can be about (certificates section 9).
        var leafLife = former.Provider.Settings.LeafCertTtl > prepared.Provider.Settings.LeafCertTtl
            ? former.Provider.Settings.LeafCertTtl : prepared.Provider.Settings.LeafCertTtl;
        var life = 2 * leafLife > ShortestCrossSigning ? 2 * leafLife : ShortestCrossSigning;
        try
        {
            var pem = await former.Provider.CrossSignAsync(prepared.Certificate, life, cancellationToken);
            using var certificate = CertificatePem.First(pem);
            return prepared.Root with
            {
                Root = prepared.Root.Root with { IntermediateCerts = [pem, .. prepared.Root.Root.IntermediateCerts ?? []] },
                CrossSigned = new CrossSigning(former.Active.Root.Id, pem, new DateTimeOffset(certificate.NotAfter.ToUniversalTime())),
            };
        }
        catch (ProviderException error)
        {
            throw new ServerException(FailureKind.Failed, error.Message, error);
        }
    }

    // A provider that is broken for good must not stand in the way of a forced change.
    private async Task<LoadedAuthority?> FormerAsync(CaConfiguration next, CancellationToken cancellationToken)
    {
        try
        {
            return await signer.GetAsync(cancellationToken);
        }
        catch (ServerException) when (next.ForceWithoutCrossSigning)
        {
            return null;
        }
    }

    /// <summary>Writes, with the provider announced before, so that the first signing after the write finds it.</summary>
    private async Task<ulong> CommitAsync(PreparedProvider prepared, string config, Func<StateWriter, ulong> write)
    {
        signer.Offer(new ProviderCandidate(prepared.Provider, prepared.Root.Root.Id, config));
        var stored = false;
        try
        {
            var index = await store.WriteAsync(write);
            stored = true;
            await AdoptAsync(CancellationToken.None);
            return index;
        }
        finally
        {
            signer.Withdraw();
            if (!stored)
            {
                Discard(prepared);
            }
        }
    }

    // The change is made already: what cannot be removed elsewhere is only noted.
    private async Task CleanUpAsync(LoadedAuthority? former, CaConfiguration stored, CaConfiguration next, CancellationToken cancellationToken)
    {
        try
        {
            if (former is not null)
            {
                await former.Provider.CleanUpAsync(stored.Provider != next.Provider, next.Config, cancellationToken);
            }
        }
        catch (ProviderException error)
        {
            logger.CleanUpFailed(error.Message);
        }
    }

    private void WarnAboutUri(PreparedProvider prepared, string clusterId)
    {
        if (prepared.LacksUri)
        {
            logger.RootLacksUri(prepared.Root.Root.Id, TrustDomain.FromClusterId(clusterId));
        }
    }
}
