using System.Collections.Frozen;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.ControlPlane.Authority;
using Microsoft.IdentityModel.Tokens;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Public keys of bearer tokens' signers, and what each may be used with.</summary>
internal static class JwtKeys
{
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
            var key = Read(pem[fields.Label], Convert.FromBase64String(pem[fields.Base64Data]), field);
            return CsrKey.IsAccepted(key) ? Of(key) : throw Error(field, "the key must be ECDSA P-256, P-384 or P-521, or RSA of 2048 to 8192 bits");
        }
        catch (CryptographicException)
        {
            throw Error(field, "the PEM block cannot be read");
        }
    }

    private static PublicKey Read(string label, byte[] der, string field)
    {
        switch (label)
        {
            case "PUBLIC KEY":
                return PublicKey.CreateFromSubjectPublicKeyInfo(der, out _);
            case "RSA PUBLIC KEY":
                using (var rsa = RSA.Create())
                {
                    rsa.ImportRSAPublicKey(der, out _);
                    return new PublicKey(rsa);
                }

            case "CERTIFICATE":
                using (var certificate = X509CertificateLoader.LoadCertificate(der))
                {
                    return certificate.PublicKey;
                }

            default:
                throw Error(field, "the PEM block must be a PUBLIC KEY, an RSA PUBLIC KEY or a CERTIFICATE");
        }
    }

    private static JsonWebKey Of(PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        using var ecdsa = key.GetECDsaPublicKey();
        return rsa is not null ? Of(rsa.ExportParameters(includePrivateParameters: false)) : Of(ecdsa!.ExportParameters(includePrivateParameters: false));
    }

    private static JsonWebKey Of(RSAParameters key) => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.RSA,
        N = Base64UrlEncoder.Encode(key.Modulus),
        E = Base64UrlEncoder.Encode(key.Exponent),
    };

    private static JsonWebKey Of(ECParameters key) => new()
    {
        Kty = JsonWebAlgorithmsKeyTypes.EllipticCurve,
        Crv = Array.Find(Curves, known => known.Oid == key.Curve.Oid.Value).Curve,
        X = Base64UrlEncoder.Encode(key.Q.X),
        Y = Base64UrlEncoder.Encode(key.Q.Y),
    };

    private static JwtSettingsException Error(string field, string problem) => new($"error parsing public key '{field}': {problem}");
}
