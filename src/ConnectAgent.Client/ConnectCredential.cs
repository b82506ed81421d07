using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>
/// What a service shows and whom it believes, at one moment. Never changed: a new leaf or other roots make a new one, and handshakes that began with this one end with it.
/// Do not dispose its certificates.
/// </summary>
public sealed class ConnectCredential
{
    private readonly LeafMaterial _leaf;
    private readonly TrustBundle _trust;

    internal ConnectCredential(LeafMaterial leaf, TrustBundle trust) => (_leaf, _trust) = (leaf, trust);

    /// <summary>The leaf, with its key.</summary>
    public X509Certificate2 Certificate => _leaf.Certificate;

    /// <summary>Leaf, key and intermediates, ready for handshakes.</summary>
    public SslStreamCertificateContext Context => _leaf.Context;

    /// <summary>The roots that peers must lead to.</summary>
    public IReadOnlyList<X509Certificate2> Roots => _trust.Roots;

    /// <summary>The trust domain that peers must be of.</summary>
    public string TrustDomain => _trust.TrustDomain;

    /// <summary>The SPIFFE ID in the leaf.</summary>
    public ServiceId Id => _leaf.Id;

    /// <summary>The leaf's serial number: hex octets joined by colons.</summary>
    public string SerialNumber => _leaf.SerialNumber;

    /// <summary>When the leaf begins to be valid.</summary>
    public DateTimeOffset ValidFrom => _leaf.ValidFrom;

    /// <summary>When the leaf ends. The agent renews it long before.</summary>
    public DateTimeOffset ValidUntil => _leaf.ValidUntil;

    internal TrustBundle Trust => _trust;

    internal LeafMaterial Leaf => _leaf;
}

/// <summary>A leaf that was taken apart.</summary>
internal sealed class LeafMaterial
{
    private LeafMaterial(X509Certificate2 certificate, SslStreamCertificateContext context, ServiceId id)
    {
        (Certificate, Context, Id) = (certificate, context, id);
        SerialNumber = ColonHex.FormatSerial(certificate.SerialNumberBytes.Span);
        (ValidFrom, ValidUntil) = PeerCertificate.ValidityOf(certificate);
    }

    public X509Certificate2 Certificate { get; }

    public SslStreamCertificateContext Context { get; }

    public ServiceId Id { get; }

    public string SerialNumber { get; }

    public DateTimeOffset ValidFrom { get; }

    public DateTimeOffset ValidUntil { get; }

    /// <summary>Takes an agent's answer apart (clients PROXY-5).</summary>
    /// <exception cref="CryptographicException">Certificate and key are none, or no pair, or the certificate names no service.</exception>
    public static LeafMaterial Read(LeafCertificate leaf)
    {
        try
        {
            var chain = new X509Certificate2Collection();
            chain.ImportFromPem(leaf.CertPem);
            var certificate = X509Certificate2.CreateFromPem(leaf.CertPem, leaf.PrivateKeyPem);
            if (OperatingSystem.IsWindows())
            {
                // A key that was only read from PEM cannot be used in a handshake there.
                using var pair = certificate;
                certificate = X509CertificateLoader.LoadPkcs12(pair.Export(X509ContentType.Pkcs12), password: null);
            }

            var intermediates = new X509Certificate2Collection(chain.Skip(1).ToArray());
            return PeerCertificate.TryIdentify(certificate, out var id, out _, out var reason)
                ? new LeafMaterial(certificate, SslStreamCertificateContext.Create(certificate, intermediates, offline: true), id)
                : throw new CryptographicException(reason);
        }
        catch (ArgumentException error)
        {
            throw new CryptographicException("the leaf or its key is no PEM: " + error.Message, error);
        }
    }
}

/// <summary>Whom a service believes.</summary>
internal sealed class TrustBundle
{
    private readonly HashSet<string> _known;

    private TrustBundle(IReadOnlyList<X509Certificate2> roots, string trustDomain)
    {
        (Roots, TrustDomain) = (roots, trustDomain);
        _known = new(roots.Select(static root => root.Thumbprint), StringComparer.Ordinal);
    }

    public IReadOnlyList<X509Certificate2> Roots { get; }

    public string TrustDomain { get; }

    /// <summary>Takes an agent's answer apart.</summary>
    /// <exception cref="CryptographicException">A root that is no certificate, or none at all.</exception>
    public static TrustBundle Read(CaRoots roots)
    {
        try
        {
            // A block may hold more than one: Vault's chains do.
            var certificates = new X509Certificate2Collection();
            foreach (var root in roots.Roots)
            {
                certificates.ImportFromPem(root.RootCert);
            }

            return certificates.Count > 0 && roots.TrustDomain.Length > 0
                ? new TrustBundle([.. certificates], roots.TrustDomain)
                : throw new CryptographicException("there are no roots");
        }
        catch (ArgumentException error)
        {
            throw new CryptographicException("a root is no PEM: " + error.Message, error);
        }
    }

    public bool Has(string thumbprint) => _known.Contains(thumbprint);

    /// <summary>How a peer's chain must be built: to these roots and no others, nothing fetched, nothing asked about revocations.</summary>
    public X509ChainPolicy Policy(TimeProvider clock)
    {
        var policy = Tls.ServerTrust.In([.. Roots]);
        if (clock != TimeProvider.System)
        {
            policy.VerificationTime = clock.GetUtcNow().UtcDateTime;
        }

        return policy;
    }
}
