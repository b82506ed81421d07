using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>A CA's private key, EC or RSA (certificates section 6). Signing with it takes no lock; never printed.</summary>
internal sealed class CaKey : IDisposable
{
    private const int SmallestRsa = 1024;
    private const string RsaLimit = "ca.rsa_key";
    [Limit(RsaLimit, "bits", "refused", Refuses = true)]
    public const int LargestRsa = 8192;

    // An RSA key of that many bits has 4.7 kB.
    private const int DerOfLargestRsa = 6 * 1024;

    private static readonly Dictionary<int, string> Curves = new()
    {
        [224] = "1.3.132.0.33",
        [256] = "1.2.840.10045.3.1.7",
        [384] = "1.3.132.0.34",
        [521] = "1.3.132.0.35",
    };

    private readonly AsymmetricAlgorithm _key;

    private CaKey(AsymmetricAlgorithm key)
    {
        _key = key;
        PublicKey = new PublicKey(key);
        Generator = key is RSA rsa
            ? X509SignatureGenerator.CreateForRSA(rsa, RSASignaturePadding.Pkcs1)
            : X509SignatureGenerator.CreateForECDsa((ECDsa)key);
    }

    public PublicKey PublicKey { get; }

    /// <summary>Makes signatures; may be used by many threads at once.</summary>
    public X509SignatureGenerator Generator { get; }

    public bool IsRsa => _key is RSA;

    /// <summary>CERT-46: what a root signs itself with.</summary>
    public HashAlgorithmName RootHash => (_key is ECDsa, _key.KeySize) switch
    {
        (true, 384) => HashAlgorithmName.SHA384,
        (true, 521) => HashAlgorithmName.SHA512,
        _ => HashAlgorithmName.SHA256,
    };

    /// <summary>Makes a key.</summary>
    /// <exception cref="ProviderException">With the texts of CERT-62; also when the platform does not know the curve.</exception>
    public static CaKey Generate(string type, int bits)
    {
        switch (type)
        {
            case "ec" when Curves.TryGetValue(bits, out var curve):
                try
                {
                    return new CaKey(ECDsa.Create(ECCurve.CreateFromValue(curve)));
                }
                catch (Exception error) when (error is CryptographicException or PlatformNotSupportedException)
                {
                    // P-224 is left out of some builds of OpenSSL.
                    throw new ProviderException($"error generating ECDSA private key: this platform has no curve of {bits} bits", inner: error);
                }

            case "ec":
                throw new ProviderException($"error generating ECDSA private key: unknown curve length {bits}");
            case "rsa" when bits is >= SmallestRsa and <= LargestRsa && bits % 8 == 0:
                return new CaKey(RSA.Create(bits));
            case "rsa":
                throw new ProviderException($"error generating RSA private key: unsupported length {bits}") { Limit = bits > LargestRsa ? RsaLimit : null };
            default:
                throw new ProviderException($"unknown private key type requested: {type}");
        }
    }

    /// <summary>Reads a key: the first PEM block counts (CERT-61).</summary>
    /// <exception cref="ProviderException">With the texts of CERT-61, without a word of the key.</exception>
    public static CaKey FromPem(string pem)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            throw new ProviderException("no PEM-encoded data found");
        }

        var label = pem[fields.Label];
        if (label is not ("EC PRIVATE KEY" or "RSA PRIVATE KEY" or "PRIVATE KEY"))
        {
            throw new ProviderException("unknown PEM block type for signing key: " + label);
        }

        var der = Convert.FromBase64String(pem[fields.Base64Data]);
        try
        {
            // Before any arithmetic with it: reading a key tests its primes.
            if (der.Length > DerOfLargestRsa)
            {
                throw TooLarge();
            }

            var key = label == "PRIVATE KEY" ? FromPkcs8(der) : FromOwnForm(der, label);
            if (key is { IsRsa: true, _key.KeySize: not (>= SmallestRsa and <= LargestRsa) and var bits })
            {
                key.Dispose();
                throw bits > LargestRsa ? TooLarge() : new ProviderException($"private key has {bits} bits, an RSA key has at least {SmallestRsa}");
            }

            return key;
        }
        catch (CryptographicException error)
        {
            throw new ProviderException("private key is not a valid format", inner: error);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(der);
        }
    }

    /// <summary>Reads a key of either type.</summary>
    /// <exception cref="CryptographicException">It is none.</exception>
    public static CaKey FromPkcs8(ReadOnlySpan<byte> der)
    {
        var ec = ECDsa.Create();
        try
        {
            ec.ImportPkcs8PrivateKey(der, out _);
            return Checked(ec);
        }
        catch (CryptographicException)
        {
            ec.Dispose();
        }

        var rsa = RSA.Create();
        try
        {
            rsa.ImportPkcs8PrivateKey(der, out _);
            return new CaKey(rsa);
        }
        catch (CryptographicException)
        {
            rsa.Dispose();
            throw;
        }
    }

    public byte[] ExportPkcs8() => _key.ExportPkcs8PrivateKey();

    /// <summary>Whether a certificate is for this key.</summary>
    public bool Pairs(X509Certificate2 certificate) =>
        PublicKey.ExportSubjectPublicKeyInfo().AsSpan().SequenceEqual(certificate.PublicKey.ExportSubjectPublicKeyInfo());

    public override string ToString() => "CA key";

    public void Dispose() => _key.Dispose();

    private static ProviderException TooLarge() => new($"private key has more than {LargestRsa} bits") { Limit = RsaLimit };

    private static CaKey FromOwnForm(ReadOnlySpan<byte> der, string label)
    {
        if (label == "RSA PRIVATE KEY")
        {
            var rsa = RSA.Create();
            rsa.ImportRSAPrivateKey(der, out _);
            return new CaKey(rsa);
        }

        var ec = ECDsa.Create();
        ec.ImportECPrivateKey(der, out _);
        return Checked(ec);
    }

    // Other curves are none that a verifier of the mesh knows.
    private static CaKey Checked(ECDsa key)
    {
        var curve = key.ExportParameters(includePrivateParameters: false).Curve;
        return curve.IsNamed && Curves.TryGetValue(key.KeySize, out var known) && (curve.Oid.Value is null || curve.Oid.Value == known)
            ? new CaKey(key)
            : throw new CryptographicException("unknown elliptic curve");
    }
}
