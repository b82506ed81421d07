using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>How the ACL stores refuse: 500 with the bare message (acl ACL-ERR-8).</summary>
internal static class AclRefusal
{
    /// <summary>Refuses unless a condition holds.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Mistake"/> with the text.</exception>
    public static void Require(bool holds, string text)
    {
        if (!holds)
        {
            throw Failed(text);
        }
    }

    public static ServerException Failed(string text) => new(FailureKind.Mistake, text);
}
