using ConnectAgent.Protocol.Errors;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using static ConnectAgent.ControlPlane.Acl.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>Checks a bearer token against a method's keys and bounds (acl ACL-LOG-2).</summary>
internal sealed class JwtVerifier(TimeProvider clock)
{
    private const string Prefix = "error verifying token signature: ";

    // Its cache would keep the keys of methods that are gone.
    private static readonly CryptoProviderFactory Uncached = new() { CacheSignatureProviders = false };

    private readonly JsonWebTokenHandler _handler = new() { MaximumTokenSizeInBytes = CompactJws.Longest };

    /// <summary>What a token says, if it is believed.</summary>
    /// <exception cref="ServerException">With a text that repeats nothing of the token but the names of its method's claims.</exception>
    public async Task<LoginIdentity> VerifyAsync(JwtSettings settings, string bearer)
    {
        var token = CompactJws.Parse(bearer);

        // The method says which algorithms count, and a key which of them it is for: a token's header only picks among those.
        Require(settings.Algorithms.Contains(token.Algorithm, StringComparer.Ordinal), Prefix + "its algorithm is none of 'JWTSupportedAlgs'");
        var keys = settings.Keys.Where(key => JwtKeys.Fits(key, token.Algorithm)).ToList();
        var isSigned = keys.Count > 0 && (await _handler.ValidateTokenAsync(token.Text, ParametersOf(keys, token.Algorithm))).IsValid;
        Require(isSigned, Prefix + "no known key successfully validated the token signature");
        JwtClaims.Check(token.Claims, settings, clock.GetUtcNow());
        return JwtClaims.Map(token.Claims, settings);
    }

    // The signature alone: the claims are checked here, by the rules of the method and the injected clock.
    private static TokenValidationParameters ParametersOf(IEnumerable<JsonWebKey> keys, string algorithm) => new()
    {
        IssuerSigningKeys = keys,
        ValidAlgorithms = [algorithm],
        RequireSignedTokens = true,
        CryptoProviderFactory = Uncached,
        TryAllIssuerSigningKeys = true,
        LogValidationExceptions = false,
        ValidateAudience = false,
        ValidateIssuer = false,
        ValidateLifetime = false,
        RequireExpirationTime = false,
        RequireAudience = false,
    };
}
