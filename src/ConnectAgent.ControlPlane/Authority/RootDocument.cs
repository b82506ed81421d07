using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Turns certificates into the roots document (ca section 1, certificates section 5).</summary>
internal static class RootDocument
{
    public static CaRoots Of(AuthorityRoots roots) => new()
    {
        ActiveRootId = roots.FindActive()?.Root.Id ?? string.Empty,
        TrustDomain = TrustDomain.FromClusterId(roots.ClusterId),
        Roots = [.. roots.Entries.Select(entry => entry.Root)],
    };

    /// <summary>Describes a root.</summary>
    /// <param name="root">The certificate.</param>
    /// <param name="provider">CA-4: what the name begins with.</param>
    /// <param name="clusterId">Raw, case kept.</param>
    /// <param name="signer">The certificate that signs leaves: the root or an intermediate (CERT-51).</param>
    /// <param name="intermediates">PEM; the leaf-signing one last.</param>
    /// <exception cref="ProviderException">Its key is neither EC nor RSA (CERT-55).</exception>
    public static CaRoot Describe(
        X509Certificate2 root, string provider, string clusterId, X509Certificate2 signer, IReadOnlyList<string> intermediates)
    {
        var (type, bits) = KeyOf(root);
        return new CaRoot
        {
            Id = IdOf(root),
            Name = provider + " CA Primary Cert",
            SerialNumber = LowBits(root.SerialNumberBytes.Span),
            SigningKeyId = ColonHex.Format(CertificateBuilder.IssuerKeyId(signer)),
            ExternalTrustDomain = clusterId,
            NotBefore = new DateTimeOffset(root.NotBefore.ToUniversalTime()),
            NotAfter = new DateTimeOffset(root.NotAfter.ToUniversalTime()),
            RootCert = Pem.Certificate(root.RawData),
            IntermediateCerts = intermediates.Count == 0 ? null : intermediates,
            Active = true,
            PrivateKeyType = type,
            PrivateKeyBits = bits,
        };
    }

    /// <summary>CERT-50: the wire's root ID is a SHA-1 fingerprint, a name and not a proof.</summary>
    public static string IdOf(X509Certificate2 root)
    {
#pragma warning disable CA5350 // The wire asks for SHA-1.
        return ColonHex.Format(SHA1.HashData(root.RawData));
#pragma warning restore CA5350
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
            _ => throw new ProviderException("error extracting root key info: unsupported key type"),
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
