using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Protocol.Acl;

/// <summary>What the holder of a token may do; the questions that the endpoints ask (acl section 7, intentions section 6).</summary>
public abstract class TokenRights
{
    /// <summary>ACLs are off, or the token is a management token: everything.</summary>
    public static TokenRights Everything { get; } = new Same(allowed: true, manages: true);

    /// <summary>A token without rules under a default policy of allow: everything but what only a management token may (acl ACL-DFLT-1).</summary>
    public static TokenRights AllowedByDefault { get; } = new Same(allowed: true, manages: false);

    /// <summary>A token without rules under a default policy of deny: nothing.</summary>
    public static TokenRights Nothing { get; } = new Same(allowed: false, manages: false);

    public abstract bool ServiceRead(string service);

    public abstract bool ServiceWrite(string service);

    /// <summary>For the name <c>*</c> the special rule of intentions ACL-1 holds.</summary>
    public abstract bool IntentionRead(string destination);

    /// <inheritdoc cref="IntentionRead"/>
    public abstract bool IntentionWrite(string destination);

    public abstract bool AgentRead(string node);

    public abstract bool AgentWrite(string node);

    public abstract bool NodeRead(string node);

    public abstract bool OperatorWrite();

    /// <summary>Saving and restoring the whole state, keys included: a management token's (acl ACL-DFLT-1).</summary>
    public abstract bool Snapshot();

    /// <summary>Throws where a right is missing.</summary>
    /// <exception cref="ServerException"><c>Permission denied</c> (intentions ACL-3).</exception>
    public static void Require(bool allowed)
    {
        if (!allowed)
        {
            throw new ServerException(FailureKind.PermissionDenied, "Permission denied");
        }
    }

    /// <summary>Requires intentions:read on every name of a match; an empty name needs none (intentions ACL-2).</summary>
    /// <exception cref="ServerException"><c>Permission denied</c>.</exception>
    public void RequireIntentionRead(IEnumerable<string> names) => Require(names.All(name => name.Length == 0 || IntentionRead(name)));

    private sealed class Same(bool allowed, bool manages) : TokenRights
    {
        public override bool ServiceRead(string service) => allowed;

        public override bool ServiceWrite(string service) => allowed;

        public override bool IntentionRead(string destination) => allowed;

        public override bool IntentionWrite(string destination) => allowed;

        public override bool AgentRead(string node) => allowed;

        public override bool AgentWrite(string node) => allowed;

        public override bool NodeRead(string node) => allowed;

        public override bool OperatorWrite() => allowed;

        public override bool Snapshot() => manages;
    }
}
