using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Builds certificates by the profiles of certificates section 4. Pure but for the signature.</summary>
internal static class CertificateBuilder
{
    private const string EcdsaOids = "1.2.840.10045.4.3.";

    /// <summary>
    /// So that peers with a slow clock accept what is new (CERT-43); the life of all but roots counts from there (CERT-44).
    /// </summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromSeconds(60);

    /// <summary>CERT-40: a self-signed root. It is backdated too, and lives its whole life from now (CA-74).</summary>
    /// <param name="key">The CA key.</param>
    /// <param name="commonName">CERT-35; new for each root.</param>
    /// <param name="clusterId">Gives the signing ID of the SAN (CERT-13).</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">Cut to whole seconds.</param>
    /// <param name="life">RootCertTTL.</param>
    public static byte[] SelfSignedRoot(CaKey key, string commonName, string clusterId, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(
            LeafSubject.OfCommonName(commonName), key.PublicKey, key.RootHash, key.IsRsa ? RSASignaturePadding.Pkcs1 : null);
        var keyId = KeyId(key.PublicKey);
        request.CertificateExtensions.Add(AuthorityUsage());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(keyId, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(keyId));
        request.CertificateExtensions.Add(SanExtension.Create(
            new SigningId(TrustDomain.FromClusterId(clusterId)).ToString(), request.SubjectName));
        var from = WholeSecond(now);
        return CertificateWriter.Write(request, request.SubjectName, key.Generator, from - Backdating, from + life, Serial(serial));
    }

    /// <summary>CERT-41: another root's subject, key and names under our signature.</summary>
    /// <param name="root">The other root.</param>
    /// <param name="issuer">Our root and its key.</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">The time of signing.</param>
    /// <param name="life">Cut at the issuer's end.</param>
    public static byte[] CrossSigned(X509Certificate2 root, Issuer issuer, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        // CERT-46: as the old root was signed itself.
        var request = new CertificateRequest(root.SubjectName, root.PublicKey, HashOf(issuer), issuer.Key.IsRsa ? RSASignaturePadding.Pkcs1 : null);
        var mine = X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuer.KeyId);
        foreach (var extension in root.Extensions.Where(extension => extension is not X509AuthorityKeyIdentifierExtension))
        {
            request.CertificateExtensions.Add(extension);
            if (extension is X509SubjectKeyIdentifierExtension)
            {
                request.CertificateExtensions.Add(mine);
            }
        }

        if (!request.CertificateExtensions.Contains(mine))
        {
            request.CertificateExtensions.Add(mine);
        }

        return Issue(request, issuer, serial, now, life);
    }

    /// <summary>CERT-42: a secondary's CA, path length 0.</summary>
    /// <param name="asked">The checked CSR; its subject, key and URIs are taken.</param>
    /// <param name="uris">None or our signing ID.</param>
    /// <param name="issuer">The root and its key.</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">The time of signing.</param>
    /// <param name="life">IntermediateCertTTL, cut at the issuer's end.</param>
    public static byte[] Intermediate(
        CertificateRequest asked, IReadOnlyList<string> uris, Issuer issuer, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(
            asked.SubjectName, asked.PublicKey, HashAlgorithmName.SHA256, issuer.Key.IsRsa ? RSASignaturePadding.Pkcs1 : null);
        request.CertificateExtensions.Add(AuthorityUsage());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: true, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(KeyId(asked.PublicKey), critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuer.KeyId));
        foreach (var uri in uris)
        {
            request.CertificateExtensions.Add(SanExtension.Create(uri, request.SubjectName));
        }

        return Issue(request, issuer, serial, now, life);
    }

    /// <summary>CERT-43: a leaf whose only names are the identity that was authorized.</summary>
    /// <param name="identity">Subject and URI.</param>
    /// <param name="publicKey">From the CSR; the only thing taken from it (CERT-74).</param>
    /// <param name="issuer">The signing certificate and its key.</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">The time of signing.</param>
    /// <param name="life">LeafCertTTL, cut at the issuer's end.</param>
    public static byte[] Leaf(ServiceId identity, PublicKey publicKey, Issuer issuer, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        // CERT-45: SHA-256 whatever the signing key.
        var request = new CertificateRequest(
            LeafSubject.Of(identity), publicKey, HashAlgorithmName.SHA256, issuer.Key.IsRsa ? RSASignaturePadding.Pkcs1 : null);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment
                | X509KeyUsageFlags.KeyAgreement,
            critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.2"), new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(KeyId(publicKey), critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuer.KeyId));
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        return Issue(request, issuer, serial, now, life);
    }

    /// <summary>RFC 5280 section 5: a list of revoked certificates.</summary>
    /// <param name="issuer">What signed them, and its key.</param>
    /// <param name="number">Greater than that of every list before; the counter of CERT-48 is.</param>
    /// <param name="order">What is in it.</param>
    public static byte[] RevocationList(Issuer issuer, ulong number, RevocationListOrder order)
    {
        var list = new CertificateRevocationListBuilder();
        foreach (var (serial, revokedAt) in order.Serials)
        {
            list.AddEntry(new BigInteger(Convert.FromHexString(serial.Replace(":", string.Empty, StringComparison.Ordinal)), isUnsigned: true, isBigEndian: true).ToByteArray(isBigEndian: true), revokedAt);
        }

        return list.Build(
            issuer.Certificate.SubjectName, issuer.Key.Generator, number, WholeSecond(order.Until), HashOf(issuer),
            X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(issuer.KeyId), WholeSecond(order.From - Backdating));
    }

    /// <summary>CERT-47: SHA-256 over the whole SubjectPublicKeyInfo.</summary>
    public static byte[] KeyId(PublicKey key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    /// <summary>CERT-49: the identifier as it stands in the issuer, computed only where it has none.</summary>
    public static byte[] IssuerKeyId(X509Certificate2 issuer) =>
        issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes.ToArray()
        ?? KeyId(issuer.PublicKey);

    private static X509KeyUsageExtension AuthorityUsage() => new(
        X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true);

    private static HashAlgorithmName HashOf(Issuer issuer) =>
        (issuer.Key.IsRsa, issuer.Certificate.SignatureAlgorithm.Value) switch
        {
            (false, EcdsaOids + "3") or (true, "1.2.840.113549.1.1.12") => HashAlgorithmName.SHA384,
            (false, EcdsaOids + "4") or (true, "1.2.840.113549.1.1.13") => HashAlgorithmName.SHA512,
            _ => HashAlgorithmName.SHA256,
        };

    private static byte[] Issue(CertificateRequest request, Issuer issuer, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        var from = WholeSecond(now - Backdating);
        var until = from + life < issuer.NotAfter ? from + life : issuer.NotAfter;
        if (until <= WholeSecond(now))
        {
            throw new ProviderException(
                life <= Backdating ? "certificate life is too short" : "root certificate is expired", ProviderFault.BadConfiguration);
        }

        return CertificateWriter.Write(request, issuer.Certificate.SubjectName, issuer.Key.Generator, from, until, Serial(serial));
    }

    private static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static byte[] Serial(ulong serial)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, serial);
        return bytes.AsSpan(bytes.AsSpan().IndexOfAnyExcept((byte)0)).ToArray();
    }
}

/// <summary>A certificate with the key that signs for it; what each signature needs of it is read once.</summary>
internal sealed class Issuer(X509Certificate2 certificate, CaKey key) : IDisposable
{
    public X509Certificate2 Certificate { get; } = certificate;

    public CaKey Key { get; } = key;

    /// <summary>The subject key identifier as it stands in the issuer's certificate; what it signs carries it (certificates CERT-49).</summary>
    public byte[] KeyId { get; } = CertificateBuilder.IssuerKeyId(certificate);

    public DateTimeOffset NotAfter { get; } = new(certificate.NotAfter.ToUniversalTime());

    public void Dispose()
    {
        Certificate.Dispose();
        Key.Dispose();
    }
}
