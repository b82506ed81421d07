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
        return rsa?.KeySize is >= 2048 and <= 8192
            && rsa.ExportParameters(includePrivateParameters: false).Exponent is { } exponent
            && (exponent[^1] & 1) == 1 && exponent.AsSpan().TrimStart((byte)0) is not [1];
    }
}
