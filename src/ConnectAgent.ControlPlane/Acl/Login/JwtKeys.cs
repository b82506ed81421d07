using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.IdentityModel.Tokens;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Public keys of bearer tokens' signers, and what each may be used with.</summary>
internal static class JwtKeys
{
    private const int SmallestRsa = 2048;
    private const int LargestRsa = 8192;

    // A curve belongs to one algorithm (RFC 7518, section 3.4).
    private static readonly (string Oid, string Curve, string Algorithm)[] Curves =
    [
        ("1.2.840.10045.3.1.7", JsonWebKeyECTypes.P256, SecurityAlgorithms.EcdsaSha256),
        ("1.3.132.0.34", JsonWebKeyECTypes.P384, SecurityAlgorithms.EcdsaSha384),
        ("1.3.132.0.35", JsonWebKeyECTypes.P521, SecurityAlgorithms.EcdsaSha512),
    ];

    /// <summary>What a method can take: no <c>none</c>, and nothing with a shared key.</summary>
    public static FrozenSet<string> Algorithms { get; } = new[]
    {
        SecurityAlgorithms.RsaSha256, SecurityAlgorithms.RsaSha384, SecurityAlgorithms.RsaSha512,
        SecurityAlgorithms.RsaSsaPssSha256, SecurityAlgorithms.RsaSsaPssSha384, SecurityAlgorithms.RsaSsaPssSha512,
        SecurityAlgorithms.EcdsaSha256, SecurityAlgorithms.EcdsaSha384, SecurityAlgorithms.EcdsaSha512,
    }.ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Whether a key is one of an algorithm.</summary>
    public static bool Fits(JsonWebKey key, string algorithm) => key.Kty == JsonWebAlgorithmsKeyTypes.RSA
        ? algorithm.StartsWith("RS", StringComparison.Ordinal) || algorithm.StartsWith("PS", StringComparison.Ordinal)
        : Array.Exists(Curves, curve => curve.Curve == key.Crv && curve.Algorithm == algorithm);

    /// <summary>Reads one PEM block: a public key, or the one of a certificate, whose dates do not count.</summary>
    /// <param name="pem">The text; none of it is repeated in an error, because it may be a private key by mistake.</param>
    /// <param name="field">For error texts.</param>
    /// <exception cref="JwtSettingsException">It is none, or one that is not supported.</exception>
    public static JsonWebKey Read(string pem, string field)
    {
        if (!PemEncoding.TryFind(pem, out var fields))
        {
            throw Error(field, "no PEM block found");
        }

        if (PemEncoding.TryFind(pem.AsSpan(fields.Location.End.Value), out _))
        {
            throw Error(field, "more than one PEM block");
        }

        try
        {
            return Read(pem[fields.Label], Convert.FromBase64String(pem[fields.Base64Data]), field);
        }
        catch (CryptographicException)
        {
            throw Error(field, "the PEM block cannot be read");
        }
    }

    private static JsonWebKey Read(string label, byte[] der, string field)
    {
        switch (label)
        {
            case "PUBLIC KEY":
                var key = PublicKey.CreateFromSubjectPublicKeyInfo(der, out _);
                return Of(key.GetRSAPublicKey(), key.GetECDsaPublicKey(), field);
            case "RSA PUBLIC KEY":
                var rsa = RSA.Create();
                rsa.ImportRSAPublicKey(der, out _);
                return Of(rsa, null, field);
            case "CERTIFICATE":
                using (var certificate = X509CertificateLoader.LoadCertificate(der))
                {
                    return Of(certificate.GetRSAPublicKey(), certificate.GetECDsaPublicKey(), field);
                }

            default:
                throw Error(field, "the PEM block must be a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE");
        }
    }

    private static JsonWebKey Of(RSA? rsa, ECDsa? ecdsa, string field)
    {
        using (rsa)
        using (ecdsa)
        {
            if (rsa is not null)
            {
                return rsa.KeySize is >= SmallestRsa and <= LargestRsa
                    ? Of(rsa.ExportParameters(includePrivateParameters: false))
                    : throw Error(field, $"an RSA key must have {SmallestRsa} to {LargestRsa} bits");
            }

            var point = ecdsa?.ExportParameters(includePrivateParameters: false);
            var curve = Array.Find(Curves, known => known.Oid == point?.Curve.Oid?.Value).Curve;
            return point is { } found && curve is not null
                ? new JsonWebKey
                {
                    Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
                    Crv = curve,
                    X = Base64UrlEncoder.Encode(found.Q.X),
                    Y = Base64UrlEncoder.Encode(found.Q.Y),
                }
                : throw Error(field, "the key must be an RSA key, or an ECDSA key on the curve P-256, P-384 or P-521");
        }
    }

    private static JsonWebKey Of(RSAParameters key) => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.RSA,
        N = Base64UrlEncoder.Encode(key.Modulus),
        E = Base64UrlEncoder.Encode(key.Exponent),
    };

    private static JwtSettingsException Error(string field, string problem) => new($"error parsing public key '{field}': {problem}");
}
