using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The built-in certificate authority: makes the root at first start and signs leaves.</summary>
internal sealed class CertificateAuthority(
    StateStore store, BlockingReader reader, AuthorityOptions options, TimeProvider clock, ILogger<CertificateAuthority> logger) : IDisposable
{
    private readonly Lock _gate = new();
    private LoadedSigner? _loaded;

    /// <summary>Makes the cluster ID and the root, once (certificates CERT-1, ca CA-61).</summary>
    public Task InitializeAsync() => store.WriteAsync(writer =>
    {
        if (writer.State.Find(StateTables.Authority, StateTables.TheOne) is not null)
        {
            return false;
        }

        var clusterId = options.ClusterId ?? Guid.NewGuid().ToString();
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var label = CommonNames.UniqueLabel(BitConverter.ToInt64(RandomNumberGenerator.GetBytes(sizeof(long))));
        var name = CommonNames.ForAuthority(isPrimary: true, label, "consul", clusterId);
        var der = CertificateBuilder.SelfSignedRoot(key, name, clusterId, store.TakeSerial(), clock.GetUtcNow(), AuthorityOptions.RootLife);
        var root = RootDocument.Describe(der, clusterId, writer.Index);
        writer.Put(
            StateTables.Authority,
            StateTables.TheOne,
            new AuthorityState(clusterId, [root], new SigningMaterial(key.ExportPkcs8PrivateKey(), der)));
        logger.RootMade(root.Id, root.NotAfter);
        return true;
    });

    /// <summary>Reads the roots document; blocking (ca CA-8, CA-9).</summary>
    /// <exception cref="ServerException">The CA is not ready (CA-11).</exception>
    public async Task<(CaRoots Roots, ulong Index)> ReadRootsAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        await reader.ReadAsync(
            blocking,
            [Topic.Any(StateTables.Authority)],
            static state => (RootDocument.Of(Ready(state)), state.IndexOf(StateTables.Authority)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>Signs a leaf for an authorized identity (CERT-73 to CERT-75).</summary>
    /// <param name="identity">The certificate's only name, whatever the CSR asks for.</param>
    /// <param name="certificateRequest">PKCS#10, DER.</param>
    /// <param name="datacenter">This control plane's datacenter.</param>
    /// <returns>The chain (CERT-80) and the index of the signing (LEAF-33).</returns>
    /// <exception cref="ServerException">With the texts of CERT-73; <see cref="FailureKind.Invalid"/> for a bad CSR.</exception>
    public (string CertificatePem, ulong Index) Sign(ServiceId identity, ReadOnlySpan<byte> certificateRequest, string datacenter)
    {
        var publicKey = CsrVerification.Verify(identity, certificateRequest, datacenter);
        var trustDomain = TrustDomain.FromClusterId(Ready(store.Current).ClusterId);
        if (!identity.IsInTrustDomain(trustDomain))
        {
            throw new ServerException(
                FailureKind.Invalid, $"SPIFFE ID in CSR from a different trust domain: {identity.Host}, we are {trustDomain}");
        }

        var authority = Ready(store.Current);
        var signer = Load(authority.Signer);
        var leaf = CertificateBuilder.Leaf(
            identity, publicKey, signer.Certificate, signer.Key, store.TakeSerial(), clock.GetUtcNow(), options.LeafLife);
        var index = store.TakeIndex();
        var intermediates = authority.Roots.First(root => root.Active).IntermediateCerts ?? [];
        return (Pem.Certificate(leaf) + string.Concat(intermediates), index);
    }

    public void Dispose() => _loaded?.Dispose();

    private static AuthorityState Ready(StateSnapshot state) =>
        state.Find(StateTables.Authority, StateTables.TheOne) ?? throw new ServerException(FailureKind.Failed, "CA has not finished initializing");

    private LoadedSigner Load(SigningMaterial material)
    {
        var loaded = Volatile.Read(ref _loaded);
        if (loaded is not null && ReferenceEquals(loaded.Material, material))
        {
            return loaded;
        }

        lock (_gate)
        {
            if (_loaded is null || !ReferenceEquals(_loaded.Material, material))
            {
                // The former one is left to the finalizer: a signing may still be using it.
                _loaded = new LoadedSigner(material);
            }

            return _loaded;
        }
    }

    private sealed class LoadedSigner : IDisposable
    {
        public LoadedSigner(SigningMaterial material)
        {
            Material = material;
            Key = ECDsa.Create();
            Key.ImportPkcs8PrivateKey(material.Key.Span, out _);
            Certificate = X509CertificateLoader.LoadCertificate(material.Certificate.Span);
        }

        public SigningMaterial Material { get; }

        public ECDsa Key { get; }

        public X509Certificate2 Certificate { get; }

        public void Dispose()
        {
            Key.Dispose();
            Certificate.Dispose();
        }
    }
}
