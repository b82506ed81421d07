using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Makes a provider ready to take over: configured, with its root, and proven to sign (ca CA-29, CA-34). Changes nothing anywhere.</summary>
internal sealed class ProviderPreparation(ProviderRegistry providers, AuthorityOptions options, TimeProvider clock)
{
    private const string BadConfiguration = "error configuring provider: ";

    /// <summary>Prepares a provider.</summary>
    /// <param name="name">Of its kind.</param>
    /// <param name="configuration">JSON.</param>
    /// <param name="clusterId">Raw.</param>
    /// <param name="state">Where it finds what an earlier instance kept.</param>
    /// <param name="renew">Whether it makes a new CA even so.</param>
    /// <exception cref="ServerException">With the texts of CA-31 to CA-34.</exception>
    public async Task<PreparedProvider> PrepareAsync(
        string name, string configuration, string clusterId, StateSnapshot state, bool renew, CancellationToken cancellationToken)
    {
        var factory = providers.Find(name);
        var provider = factory.Create();
        try
        {
            await AsAsync(BadConfiguration, () => provider.ConfigureAsync(
                new ProviderSetup(
                    clusterId, options.Datacenter, IsPrimary: true, configuration, id => state.Find(AuthorityTables.ProviderRows, id), renew),
                cancellationToken));
            var pem = await AsAsync("error generating CA root certificate: ", () => provider.GenerateChainAsync(cancellationToken));
            var chain = await AsAsync(string.Empty, () => Task.FromResult(CertificatePem.All(pem)));
            var root = chain[^1];
            Require(IsAuthority(root), "root certificate is not a CA certificate");
            Require(clock.GetUtcNow() < new DateTimeOffset(root.NotAfter.ToUniversalTime()), "root certificate is expired");
            var signer = await SignerAsync(provider, root, cancellationToken);
            var intermediates = signer.RawData.AsSpan().SequenceEqual(root.RawData)
                ? [] : new List<string> { Protocol.Certificates.Pem.Certificate(signer.RawData) };
            await TrySigningAsync(provider, clusterId, root, chain.Append(signer), cancellationToken);
            var described = await AsAsync(string.Empty, () => Task.FromResult(
                RootDocument.Describe(root, factory.DisplayName, clusterId, signer, intermediates)));
            return new PreparedProvider(provider, root, new RootEntry(described) { LongestLeafLife = provider.Settings.LeafCertTtl })
            {
                LacksUri = !HasUri(root, clusterId),
            };
        }
        catch
        {
            provider.Stop();
            provider.Dispose();
            throw;
        }
    }

    private static async Task<X509Certificate2> SignerAsync(ICertificateProvider provider, X509Certificate2 root, CancellationToken cancellationToken)
    {
        var pem = await AsAsync(string.Empty, () => provider.ActiveLeafSigningCertAsync(cancellationToken));
        if (pem.Length == 0)
        {
            await AsAsync(string.Empty, () => provider.GenerateLeafSigningCertAsync(cancellationToken));
            pem = await AsAsync(string.Empty, () => provider.ActiveLeafSigningCertAsync(cancellationToken));
        }

        return pem.Length == 0 ? root : await AsAsync(string.Empty, () => Task.FromResult(CertificatePem.First(pem)));
    }

    private static bool IsAuthority(X509Certificate2 certificate) =>
        certificate.Extensions.OfType<X509BasicConstraintsExtension>().FirstOrDefault() is { CertificateAuthority: true };

    private static bool HasUri(X509Certificate2 root, string clusterId) => Protocol.Certificates.SanExtension.Read(root.Extensions).Uris
        .Contains(new SigningId(TrustDomain.FromClusterId(clusterId)).ToString(), StringComparer.OrdinalIgnoreCase);

    private static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw new ServerException(FailureKind.Failed, BadConfiguration + text);
        }
    }

    // What a provider cannot sign or nobody could verify must never become active.
    private async Task TrySigningAsync(
        ICertificateProvider provider, string clusterId, X509Certificate2 root, IEnumerable<X509Certificate2> chain, CancellationToken cancellationToken)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var identity = new ServiceId(TrustDomain.FromClusterId(clusterId), options.Datacenter, "trial");
        var request = new CertificateRequest(Protocol.Certificates.LeafSubject.Of(identity), key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(Protocol.Certificates.SanExtension.Create(identity.ToString(), request.SubjectName));
        var order = new LeafOrder(identity, request.PublicKey, request.CreateSigningRequest());
        var pem = await AsAsync(BadConfiguration, async () => await provider.SignAsync(order, cancellationToken));
        using var leaf = CertificatePem.First(pem);
        var problem = CertificateChains.Problem(leaf, chain, root, clock.GetUtcNow());
        Require(problem is null, "a leaf signed on trial does not verify: " + problem);
    }

    private static Task<bool> AsAsync(string prefix, Func<Task> call) => AsAsync(prefix, async () =>
    {
        await call();
        return true;
    });

    private static async Task<T> AsAsync<T>(string prefix, Func<Task<T>> call)
    {
        try
        {
            return await call();
        }
        catch (ProviderException error)
        {
            throw new ServerException(
                FailureKind.Failed, (error.Fault == ProviderFault.BadConfiguration ? BadConfiguration : prefix) + error.Message, error)
            { Limit = error.Limit };
        }
    }
}

/// <summary>A provider that could take over now.</summary>
/// <param name="Certificate">Its root.</param>
/// <param name="Root">The same for the list; not cross-signed yet.</param>
internal sealed record PreparedProvider(ICertificateProvider Provider, X509Certificate2 Certificate, RootEntry Root)
{
    /// <summary>A root without the cluster's URI is taken, with a warning (CA-34).</summary>
    public bool LacksUri { get; init; }

    public override string ToString() => "prepared provider of root " + Root.Root.Id;
}
