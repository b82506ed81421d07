using ConnectAgent.Protocol.Errors;
using Microsoft.IdentityModel.Tokens;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Checks a bearer token against a method's keys and bounds (acl ACL-LOG-2).</summary>
internal sealed class JwtVerifier(TimeProvider clock)
{
    private const string Prefix = "error verifying token signature: ";

    // Its cache would keep the keys of methods that are gone.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    /// <summary>What a token says, if it is believed.</summary>
    /// <exception cref="ServerException">With a text that repeats nothing of the token but the names of its method's claims.</exception>
    public LoginIdentity Verify(JwtSettings settings, string bearer)
    {
        var token = CompactJws.Parse(bearer);

        // The method says which algorithms count, and a key which of them it is for: a token's header only picks among those.
        Require(settings.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal), Prefix + "its algorithm is none of 'JWTSupportedAlgs'");
        Require(
            token.Signature.Length > 0 && settings.Keys.Any(key => JwtKeys.Fits(key, token.Algorithm) && IsSigned(token, key)),
            Prefix + "no known key successfully validated the token signature");
        JwtClaims.Check(token.Claims, settings, clock.GetUtcNow());
        return JwtClaims.Map(token.Claims, settings);
    }

    private static bool IsSigned(CompactJws token, JsonWebKey key)
    {
        var provider = Uncached.CreateForVerifying(key, token.Algorithm);
        try
        {
            return provider.Verify(token.Signed, token.Signature);
        }
        finally
        {
            Uncached.ReleaseSignatureProvider(provider);
        }
    }
}
