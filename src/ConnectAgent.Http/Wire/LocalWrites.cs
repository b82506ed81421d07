using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>Writes to this agent's own services and checks say which right is missing (acl ACL-ERR-2); all other refusals do not.</summary>
internal static class LocalWrites
{
    /// <summary>Requires a right.</summary>
    /// <exception cref="ServerException">403, with the right and the name.</exception>
    public static async ValueTask RequireToWriteAsync(this TokenRights rights, AclResource resource, string name, CancellationToken cancellationToken)
    {
        var right = new AccessRequest(resource, name, AclAccess.Write);
        if (!await rights.AllowsAsync(right, cancellationToken))
        {
            var word = resource.ToString().ToLowerInvariant();
            throw new ServerException(FailureKind.PermissionDenied, $"Permission denied: Missing {word}:write on {name}") { Denied = right };
        }
    }

    /// <summary>The token that a registration is kept with: the caller's own. Without one the agent's default token stands in, as it is by then.</summary>
    public static string TokenToKeep(this WireRequest request) => request.HasToken ? request.Token() : string.Empty;
}
