using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Turns certificates into the roots document (ca section 1, certificates section 5).</summary>
internal static class RootDocument
{
    public static CaRoots Of(AuthorityState authority) => new()
    {
        ActiveRootId = authority.Roots.First(root => root.Active).Id,
        TrustDomain = TrustDomain.FromClusterId(authority.ClusterId),
        Roots = authority.Roots,
    };

    /// <summary>Describes a root of the built-in provider, which signs leaves itself (CERT-51).</summary>
    public static CaRoot Describe(byte[] der, string clusterId, ulong index)
    {
        using var certificate = X509CertificateLoader.LoadCertificate(der);
        var (type, bits) = KeyOf(certificate);
        return new CaRoot
        {
            // CERT-50: the wire's root ID is a SHA-1 fingerprint, a name and not a proof.
#pragma warning disable CA5350
            Id = ColonHex.Format(SHA1.HashData(der)),
#pragma warning restore CA5350
            Name = "Consul CA Primary Cert",
            SerialNumber = LowBits(certificate.SerialNumberBytes.Span),
            SigningKeyId = ColonHex.Format(CertificateBuilder.IssuerKeyId(certificate)),
            ExternalTrustDomain = clusterId,
            NotBefore = new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            NotAfter = new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            RootCert = Pem.Certificate(der),
            Active = true,
            PrivateKeyType = type,
            PrivateKeyBits = bits,
            CreateIndex = index,
            ModifyIndex = index,
        };
    }

    // CERT-55.
    private static (string Type, int Bits) KeyOf(X509Certificate2 certificate)
    {
        using var ec = certificate.GetECDsaPublicKey();
        using var rsa = certificate.GetRSAPublicKey();
        return (ec, rsa) switch
        {
            ({ } key, _) => ("ec", key.KeySize),
            (_, { } key) => ("rsa", key.KeySize),
            _ => throw new NotSupportedException("error extracting root key info: unsupported key type"),
        };
    }

    // CERT-52.
    private static ulong LowBits(ReadOnlySpan<byte> serial)
    {
        Span<byte> low = stackalloc byte[sizeof(ulong)];
        low.Clear();
        var kept = serial.Length > low.Length ? serial[^low.Length..] : serial;
        kept.CopyTo(low[(low.Length - kept.Length)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(low);
    }
}
