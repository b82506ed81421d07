using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>
/// Resolves a token to its rights. Two tokens exist so far, the configured management token and the anonymous one; any other is unknown, so
/// that nothing is open which a rule might close.
/// </summary>
internal sealed class TokenResolver(AclOptions options)
{
    private const string Anonymous = "anonymous";
    private readonly byte[] _management = Encoding.UTF8.GetBytes(options.ManagementToken);

    /// <summary>What a token may do.</summary>
    /// <param name="token">The secret; empty stands for the anonymous token (http-conventions TOK-1).</param>
    /// <exception cref="ServerException"><c>ACL not found</c> (TOK-4).</exception>
    public TokenRights Resolve(string token)
    {
        if (!options.Enabled)
        {
            return TokenRights.Everything;
        }

        if (token.Length == 0 || token == Anonymous)
        {
            return options.DefaultAllow ? TokenRights.AllowedByDefault : TokenRights.Nothing;
        }

        // Secrets compare in constant time.
        return _management.Length > 0 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), _management)
            ? TokenRights.Everything
            : throw new ServerException(FailureKind.UnknownToken, "ACL not found");
    }
}
