using ConnectAgent.Protocol.Errors;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;
using Phase = ConnectAgent.ControlPlane.Authority.AuthorityPhase.Phase;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// Changes the CA: its first start, its configuration, its rotation, its upkeep. Everything slow or failing comes first; the change itself is one
/// write (ca CA-29, CA-42, section 10).
/// </summary>
internal sealed class AuthorityManager(
    StateStore store,
    ActiveSigner signer,
    AuthorityChange changes,
    AuthorityOptions options,
    AuthorityMetrics metrics,
    TimeProvider clock,
    ILogger<AuthorityManager> logger)
{
    private readonly AuthorityPhase _phase = new();

    /// <summary>Whether the CA is there.</summary>
    public bool IsReady => _phase.Current != Phase.Uninitialized && _phase.Current != Phase.Initializing;

    /// <summary>Makes the cluster ID and the root, or takes up what is stored (CERT-1, CA-61, CA-62).</summary>
    /// <exception cref="ServerException">It may be tried again.</exception>
    public async Task InitializeAsync(CancellationToken cancellationToken = default)
    {
        using var operation = _phase.Begin(Phase.Initializing);
        var state = store.Current;
        if (state.Find(AuthorityTables.Roots, StateTable.OnlyKey) is null)
        {
            await changes.MakeFirstAsync(state, cancellationToken);
        }
        else if (Stored(state) is { } stored
            && (stored.Provider != options.Provider || !CaConfigMap.AreEqual(stored.Config, options.Configuration)))
        {
            logger.StoredConfigurationWins(stored.ModifyIndex);
        }

        await changes.AdoptAsync(cancellationToken);
        operation.Succeed();
    }

    /// <summary>The configuration as stored, secrets included; the caller hides them (CA-20, CA-35).</summary>
    /// <exception cref="ServerException">There is none yet (CA-11).</exception>
    public CaConfiguration ReadConfiguration() => Stored(store.Current) ?? throw NotInitialized();

    /// <summary>Changes the configuration, and rotates the root where that leads to another one (CA-22 to CA-35, section 4).</summary>
    /// <exception cref="ServerException">With the exact text; then nothing has changed anywhere (CA-42).</exception>
    public async Task ConfigureAsync(CaConfigurationChange change, CancellationToken cancellationToken)
    {
        // CA-29, in its order.
        using var operation = _phase.Begin(Phase.Reconfiguring);
        var state = store.Current;
        var stored = Stored(state) ?? throw NotInitialized();
        if (change.State is { Count: > 0 } given && !IsSame(given, stored.State))
        {
            throw new ServerException(
                FailureKind.Invalid, "Bad request: Provider State is read-only. It must be omitted or identical to the current value");
        }

        var config = CaConfigMap.Reveal(change.Config, stored.Config);
        if (change.Provider == stored.Provider && CaConfigMap.AreEqual(config, stored.Config))
        {
            // CA-26.
            return;
        }

        if (change.ModifyIndex != 0 && change.ModifyIndex != stored.ModifyIndex)
        {
            throw new ServerException(FailureKind.Failed, "ModifyIndex did not match existing");
        }

        var next = stored with { Provider = change.Provider, Config = config, ForceWithoutCrossSigning = change.ForceWithoutCrossSigning };
        await changes.ChangeAsync(state, stored, next, renew: false, cancellationToken);
        operation.Succeed();
    }

    /// <summary>Replaces a generated root that nears its end, by an ordinary rotation with the same configuration (section 10).</summary>
    /// <returns>Whether it was due.</returns>
    /// <exception cref="ServerException">It failed; nothing has changed.</exception>
    public async Task<bool> RenewRootAsync(CancellationToken cancellationToken)
    {
        var authority = await signer.GetAsync(cancellationToken);
        if (authority is null || !authority.Provider.Settings.IsGenerated || !CertificateLife.IsRenewalDue(
            authority.Active.Root.NotBefore, authority.Active.Root.NotAfter, authority.Provider.Settings.LeafCertTtl, clock.GetUtcNow()))
        {
            return false;
        }

        await RotateAsync(cancellationToken);
        return true;
    }

    /// <summary>Replaces a generated root by an ordinary rotation with the same configuration.</summary>
    /// <exception cref="ServerException">It failed; nothing has changed.</exception>
    public async Task RotateAsync(CancellationToken cancellationToken)
    {
        using var operation = _phase.Begin(Phase.Renewing);
        var state = store.Current;
        var stored = Stored(state) ?? throw NotInitialized();
        await changes.ChangeAsync(state, stored, stored, renew: true, cancellationToken);
        operation.Succeed();
    }

    /// <summary>Drops old roots that nobody can need any more (CA-55).</summary>
    public async Task PruneAsync(CancellationToken cancellationToken)
    {
        if (await signer.GetAsync(cancellationToken) is not { } authority)
        {
            return;
        }

        var now = clock.GetUtcNow();
        var leafLife = authority.Provider.Settings.LeafCertTtl;
        var gone = await store.WriteAsync(writer =>
        {
            if (writer.State.Find(AuthorityTables.Roots, StateTable.OnlyKey) is not { } roots)
            {
                return [];
            }

            var pruned = RootRotation.Prune(roots, leafLife, now, () => writer.Index);
            if (ReferenceEquals(pruned, roots))
            {
                return [];
            }

            writer.Put(AuthorityTables.Roots, pruned);
            return roots.Entries.Select(entry => entry.Root.Id).Except(pruned.Entries.Select(entry => entry.Root.Id)).ToList();
        });
        metrics.Pruned(gone.Count);
        gone.ForEach(logger.RootPruned);
    }

    private static CaConfiguration? Stored(StateSnapshot state) => state.Find(AuthorityTables.Configuration, StateTable.OnlyKey);

    private static ServerException NotInitialized() => new(FailureKind.Failed, "CA has not finished initializing");

    private static bool IsSame(IReadOnlyDictionary<string, string> given, IReadOnlyDictionary<string, string>? stored) =>
        stored is not null && given.Count == stored.Count && given.All(pair => stored.GetValueOrDefault(pair.Key) == pair.Value);
}
