using System.Security.Cryptography;
using System.Text;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Protocol.Tokens;

/// <summary>
/// The agent's own emergency token (acl ACL-AGT-5): <c>agent "THIS NODE" = write</c>, <c>node_prefix "" = read</c>, and nothing else. It works at
/// this agent alone, and without any server.
/// </summary>
public sealed class RecoveryToken(string nodeName)
{
    private readonly TokenRights _rights = new RecoveryRights(nodeName);
    private byte[] _secret = [];

    /// <summary>Takes another one; empty for none.</summary>
    public void Use(string secret) => Volatile.Write(ref _secret, Encoding.UTF8.GetBytes(secret));

    /// <summary>The rights, if this is the token; secrets compare in constant time (ACL-REQ-6).</summary>
    public TokenRights? RightsOf(string token)
    {
        var secret = Volatile.Read(ref _secret);
        return secret.Length > 0 && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(token), secret) ? _rights : null;
    }

    private sealed class RecoveryRights(string nodeName) : TokenRights
    {
        public override bool Allows(AclResource resource, string segment, AclAccess access) => resource switch
        {
            AclResource.Agent => segment == nodeName && access is (AclAccess.Read or AclAccess.Write),
            AclResource.Node => access == AclAccess.Read,
            _ => false,
        };

        public override bool Snapshot() => false;
    }
}
