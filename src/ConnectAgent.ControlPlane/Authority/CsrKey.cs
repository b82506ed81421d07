using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>Which keys are signed. Agents of this product and of the reference make P-256 keys (certificates CERT-60).</summary>
internal static class CsrKey
{
    /// <summary>The refusal's text.</summary>
    public const string Accepted = "CSR key must be ECDSA P-256, P-384 or P-521, or RSA of 2048 to 8192 bits";

    private const string EllipticCurve = "1.2.840.10045.2.1";
    private const string Rsa = "1.2.840.113549.1.1.1";
    private static readonly string[] Curves = ["1.2.840.10045.3.1.7", "1.3.132.0.34", "1.3.132.0.35"];

    // The object identifier of P-256 as it stands in a key.
    private static ReadOnlySpan<byte> NamedP256 => [0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07];

    public static bool IsAccepted(PublicKey key)
    {
        try
        {
            return key.Oid.Value switch
            {
                EllipticCurve => IsAcceptedCurve(key),
                Rsa => IsAcceptedModulus(key),
                _ => false,
            };
        }
        catch (Exception error) when (error is CryptographicException or NotSupportedException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>The key, if it is of the kind that agents make: P-256, named and not described. The caller disposes of it.</summary>
    public static ECDsa? AsCommon(PublicKey key)
    {
        if (key.Oid.Value != EllipticCurve || key.EncodedParameters?.RawData.AsSpan().SequenceEqual(NamedP256) is not true)
        {
            return null;
        }

        try
        {
            return key.GetECDsaPublicKey();
        }
        catch (Exception error) when (error is CryptographicException or NotSupportedException or ArgumentException)
        {
            return null;
        }
    }

    // A curve that the CSR describes itself could be made so that anybody knows the private key.
    private static bool IsAcceptedCurve(PublicKey key)
    {
        using var ec = key.GetECDsaPublicKey();
        return ec?.ExportParameters(includePrivateParameters: false).Curve is { IsNamed: true } curve && Curves.Contains(curve.Oid.Value);
    }

    // An exponent of 1 makes every signature its own proof.
    private static bool IsAcceptedModulus(PublicKey key)
    {
        using var rsa = key.GetRSAPublicKey();
        return rsa?.KeySize is >= 2048 and <= CaKey.LargestRsa
            && rsa.ExportParameters(includePrivateParameters: false).Exponent is { } exponent
            && (exponent[^1] & 1) == 1 && exponent.AsSpan().TrimStart((byte)0) is not [1];
    }
}
