using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>How the ACL stores refuse: 500 with the bare message (acl ACL-ERR-8).</summary>
internal static class AclRefusal
{
    /// <summary>Refuses unless a condition holds.</summary>
    /// <param name="limit">The name of the bound, where it is one (docs/limits.md).</param>
    /// <exception cref="ServerException"><see cref="FailureKind.Mistake"/> with the text.</exception>
    public static void Require(bool holds, string text, string? limit = null)
    {
        if (!holds)
        {
            throw Failed(text, limit);
        }
    }

    public static ServerException Failed(string text, string? limit = null) => new(FailureKind.Mistake, text) { Limit = limit };
}
