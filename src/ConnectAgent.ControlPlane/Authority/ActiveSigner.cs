using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>
/// The provider that belongs to the state as it is: after a change, and after the state was replaced as a whole, the next signing finds the new
/// one. Reading it takes no lock.
/// </summary>
internal sealed class ActiveSigner(
    StateStore store, ProviderRegistry providers, AuthorityOptions options) : IDisposable
{
    private readonly SemaphoreSlim _gate = new(1);
    private LoadedAuthority? _loaded;
    private ProviderCandidate? _candidate;

    /// <summary>What signs now; null while there is no CA.</summary>
    public ValueTask<LoadedAuthority?> GetAsync(CancellationToken cancellationToken)
    {
        var state = store.Current;
        var roots = state.Find(AuthorityTables.Roots, StateTable.OnlyKey);
        var configuration = state.Find(AuthorityTables.Configuration, StateTable.OnlyKey);
        if (roots is null || configuration is null)
        {
            return new((LoadedAuthority?)null);
        }

        var loaded = Volatile.Read(ref _loaded);
        return loaded is not null && ReferenceEquals(loaded.Roots, roots) && ReferenceEquals(loaded.Configuration, configuration)
            ? new(loaded)
            : LoadAsync(state, roots, configuration, cancellationToken);
    }

    /// <summary>Whether the CA of a state that is not in use could sign. Changes nothing.</summary>
    /// <exception cref="ServerException">It could not.</exception>
    public async Task TryAsync(StateSnapshot state, AuthorityRoots roots, CaConfiguration configuration, CancellationToken cancellationToken)
    {
        using var provider = await MakeAsync(state, roots, configuration, cancellationToken);
        try
        {
            _ = new LoadedAuthority(roots, configuration, provider);
        }
        catch (ProviderException error)
        {
            throw new ServerException(FailureKind.Failed, error.Message, error);
        }
        finally
        {
            provider.Stop();
        }
    }

    /// <summary>Announces a provider before the write that makes it active, so that it is not made a second time.</summary>
    public void Offer(ProviderCandidate candidate) => Volatile.Write(ref _candidate, candidate);

    /// <summary>The write is over, or will not come.</summary>
    public void Withdraw() => Volatile.Write(ref _candidate, null);

    public void Dispose()
    {
        _loaded?.Provider.Stop();
        _loaded?.Provider.Dispose();
        _gate.Dispose();
    }

    private async ValueTask<LoadedAuthority?> LoadAsync(
        StateSnapshot state, AuthorityRoots roots, CaConfiguration configuration, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            var former = _loaded;
            if (former is not null && ReferenceEquals(former.Roots, roots) && ReferenceEquals(former.Configuration, configuration))
            {
                return former;
            }

            var provider = await ProviderOfAsync(state, roots, configuration, former, cancellationToken);
            var loaded = new LoadedAuthority(roots, configuration, provider);
            Volatile.Write(ref _loaded, loaded);
            if (former is not null && !ReferenceEquals(former.Provider, provider))
            {
                // Not disposed: a signing may still be using its key, which the finalizer frees.
                former.Provider.Stop();
            }

            return loaded;
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<ICertificateProvider> ProviderOfAsync(
        StateSnapshot state, AuthorityRoots roots, CaConfiguration configuration, LoadedAuthority? former, CancellationToken cancellationToken)
    {
        var rootId = roots.FindActive()?.Root.Id;
        if (Volatile.Read(ref _candidate) is { } candidate && candidate.RootId == rootId
            && ReferenceEquals(candidate.Configuration, configuration.Config))
        {
            return candidate.Provider;
        }

        if (former is not null && ReferenceEquals(former.Configuration, configuration) && former.Active.Root.Id == rootId)
        {
            return former.Provider;
        }

        return await MakeAsync(state, roots, configuration, cancellationToken);
    }

    /// <summary>A provider made of what is stored, which must be the one of the active root.</summary>
    private async Task<ICertificateProvider> MakeAsync(
        StateSnapshot state, AuthorityRoots roots, CaConfiguration configuration, CancellationToken cancellationToken)
    {
        var rootId = roots.FindActive()?.Root.Id;
        var provider = providers.Create(configuration.Provider);
        try
        {
            await provider.ConfigureAsync(
                new ProviderSetup(
                    roots.ClusterId, options.Datacenter, IsPrimary: true, configuration.Config, id => state.Find(AuthorityTables.ProviderRows, id)),
                cancellationToken);
            if ((await provider.ActiveLeafSigningCertAsync(cancellationToken)).Length == 0)
            {
                // Its key is lost (CA-43): another one must be asked for, and is not made by the way.
                throw new ProviderException("provider not initialized");
            }

            var chain = CertificatePem.All(await provider.GenerateChainAsync(cancellationToken));
            var found = RootDocument.IdOf(chain[^1]);
            chain.ForEach(certificate => certificate.Dispose());
            return found == rootId
                ? provider
                : throw new ServerException(FailureKind.Failed, $"stored CA root \"{rootId}\" is not the active root ({found})");
        }
        catch (ProviderException error)
        {
            provider.Dispose();
            throw new ServerException(FailureKind.Failed, error.Message, error);
        }
        catch (ServerException)
        {
            provider.Dispose();
            throw;
        }
    }
}

/// <summary>A provider that is about to become active.</summary>
/// <param name="Configuration">The very text that will be stored.</param>
internal sealed record ProviderCandidate(ICertificateProvider Provider, string RootId, string Configuration)
{
    public override string ToString() => "candidate for root " + RootId;
}

/// <summary>All that a signing needs of one moment of the state.</summary>
internal sealed class LoadedAuthority(AuthorityRoots roots, CaConfiguration configuration, ICertificateProvider provider)
{
    public AuthorityRoots Roots { get; } = roots;

    public CaConfiguration Configuration { get; } = configuration;

    public ICertificateProvider Provider { get; } = provider;

    public string TrustDomain { get; } = Protocol.Identity.TrustDomain.FromClusterId(roots.ClusterId);

    public RootEntry Active { get; } = roots.FindActive()!;

    /// <summary>What follows the leaf in its chain: the signing intermediate first, because TLS 1.2 wants that order (CERT-80, CERT-81).</summary>
    public string ChainTail { get; } = TailOf(roots.FindActive()!);

    /// <summary>The certificate that signs leaves where it is not the root; null otherwise.</summary>
    public (DateTimeOffset NotBefore, DateTimeOffset NotAfter)? Intermediate { get; } = IntermediateOf(roots.FindActive()!);

    private static string TailOf(RootEntry active)
    {
        var blocks = active.Root.IntermediateCerts ?? [];
        return blocks.Count > 1 && SignsLeaves(blocks[^1], active)
            ? string.Concat(blocks.Take(blocks.Count - 1).Prepend(blocks[^1]).Select(Ended))
            : string.Concat(blocks.Select(Ended));
    }

    private static string Ended(string block) => block.TrimEnd('\n') + "\n";

    private static (DateTimeOffset NotBefore, DateTimeOffset NotAfter)? IntermediateOf(RootEntry active)
    {
        if (active.Root.IntermediateCerts is not { Count: > 0 } blocks || !SignsLeaves(blocks[^1], active))
        {
            return null;
        }

        using var certificate = CertificatePem.First(blocks[^1]);
        return (new DateTimeOffset(certificate.NotBefore.ToUniversalTime()), new DateTimeOffset(certificate.NotAfter.ToUniversalTime()));
    }

    // A cross-signed root has the key of the root itself.
    private static bool SignsLeaves(string block, RootEntry active)
    {
        if (block == active.CrossSigned?.Pem)
        {
            return false;
        }

        using var certificate = CertificatePem.First(block);
        return ColonHex.Format(CertificateBuilder.IssuerKeyId(certificate)) == active.Root.SigningKeyId;
    }
}
