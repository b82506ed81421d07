using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Builds certificates by the profiles of certificates section 4. Pure but for the signature.</summary>
internal static class CertificateBuilder
{
    /// <summary>CERT-43: leaves are backdated, so that peers with a slow clock accept them; the life counts from there (CERT-44).</summary>
    private static readonly TimeSpan Backdating = TimeSpan.FromSeconds(60);

    /// <summary>CERT-40: a self-signed root.</summary>
    /// <param name="key">The new CA key.</param>
    /// <param name="commonName">CERT-35; new for each key.</param>
    /// <param name="clusterId">Gives the signing ID of the SAN (CERT-13).</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">NotBefore; cut to whole seconds.</param>
    /// <param name="life">RootCertTTL.</param>
    public static byte[] SelfSignedRoot(
        ECDsa key, string commonName, string clusterId, ulong serial, DateTimeOffset now, TimeSpan life)
    {
        var request = new CertificateRequest(LeafSubject.OfCommonName(commonName), key, RootHash(key));
        var keyId = KeyId(request.PublicKey);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.CrlSign, critical: true));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: true, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(keyId, critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(keyId));
        request.CertificateExtensions.Add(SanExtension.Create(
            new SigningId(TrustDomain.FromClusterId(clusterId)).ToString(), request.SubjectName));
        var from = WholeSecond(now);
        using var root = request.Create(
            request.SubjectName, X509SignatureGenerator.CreateForECDsa(key), from, from + life, Serial(serial));
        return root.RawData;
    }

    /// <summary>CERT-43: a leaf whose only names are the identity that was authorized.</summary>
    /// <param name="identity">Subject and URI.</param>
    /// <param name="publicKey">From the CSR; the only thing taken from it (CERT-74).</param>
    /// <param name="issuer">The signing certificate.</param>
    /// <param name="issuerKey">Its key.</param>
    /// <param name="serial">CERT-48.</param>
    /// <param name="now">The time of signing.</param>
    /// <param name="life">LeafCertTTL, cut at the issuer's end.</param>
    public static byte[] Leaf(
        ServiceId identity,
        PublicKey publicKey,
        X509Certificate2 issuer,
        ECDsa issuerKey,
        ulong serial,
        DateTimeOffset now,
        TimeSpan life)
    {
        // CERT-45: SHA-256 whatever the signing curve.
        var request = new CertificateRequest(LeafSubject.Of(identity), publicKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509KeyUsageExtension(
            X509KeyUsageFlags.DigitalSignature | X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment
                | X509KeyUsageFlags.KeyAgreement,
            critical: true));
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension(
            [new Oid("1.3.6.1.5.5.7.3.2"), new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(
            certificateAuthority: false, hasPathLengthConstraint: false, pathLengthConstraint: 0, critical: true));
        request.CertificateExtensions.Add(new X509SubjectKeyIdentifierExtension(KeyId(publicKey), critical: false));
        request.CertificateExtensions.Add(X509AuthorityKeyIdentifierExtension.CreateFromSubjectKeyIdentifier(IssuerKeyId(issuer)));
        request.CertificateExtensions.Add(SanExtension.Create(identity.ToString(), request.SubjectName));
        var from = WholeSecond(now - Backdating);
        var end = new DateTimeOffset(issuer.NotAfter.ToUniversalTime());
        using var leaf = request.Create(
            issuer.SubjectName,
            X509SignatureGenerator.CreateForECDsa(issuerKey),
            from,
            from + life < end ? from + life : end,
            Serial(serial));
        return leaf.RawData;
    }

    /// <summary>CERT-47: SHA-256 over the whole SubjectPublicKeyInfo.</summary>
    public static byte[] KeyId(PublicKey key) => SHA256.HashData(key.ExportSubjectPublicKeyInfo());

    /// <summary>CERT-49: the identifier as it stands in the issuer, computed only where it has none.</summary>
    public static byte[] IssuerKeyId(X509Certificate2 issuer) =>
        issuer.Extensions.OfType<X509SubjectKeyIdentifierExtension>().FirstOrDefault()?.SubjectKeyIdentifierBytes.ToArray()
        ?? KeyId(issuer.PublicKey);

    // CERT-46.
    private static HashAlgorithmName RootHash(ECDsa key) => key.KeySize switch
    {
        384 => HashAlgorithmName.SHA384,
        521 => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    private static DateTimeOffset WholeSecond(DateTimeOffset time) => DateTimeOffset.FromUnixTimeSeconds(time.ToUnixTimeSeconds());

    private static byte[] Serial(ulong serial)
    {
        var bytes = new byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, serial);
        return bytes.AsSpan(bytes.AsSpan().IndexOfAnyExcept((byte)0)).ToArray();
    }
}
