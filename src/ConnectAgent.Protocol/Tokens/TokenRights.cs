using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Protocol.Tokens;

/// <summary>What the holder of a token may do (acl sections 6 and 7). Immutable.</summary>
public abstract class TokenRights
{
    /// <summary>ACLs are off, or the token is a management token: everything.</summary>
    public static TokenRights Everything { get; } = new Same(allowed: true, manages: true);

    /// <summary>
    /// Remote servers said that ACLs are disabled: everything but writing to the agent itself, which their word alone does not open (acl ACL-RES-8).
    /// </summary>
    public static TokenRights OpenedByServers { get; } = new Opened();

    /// <summary>A token without rules under a default policy of allow: everything but what only a management token may (acl ACL-DFLT-1).</summary>
    public static TokenRights AllowedByDefault { get; } = new Same(allowed: true, manages: false);

    /// <summary>A token without rules under a default policy of deny: nothing.</summary>
    public static TokenRights Nothing { get; } = new Same(allowed: false, manages: false);

    /// <summary>The one check; all others call it.</summary>
    /// <param name="resource">The kind of thing.</param>
    /// <param name="segment">Its name, with case; empty for kinds without names. For the intention <c>*</c> acl ACL-MERGE-6 holds.</param>
    /// <param name="access">What is to be done with it.</param>
    public abstract bool Allows(AclResource resource, string segment, AclAccess access);

    /// <inheritdoc cref="Allows(AclResource, string, AclAccess)"/>
    public bool Allows(AccessRequest requested) => Allows(requested.Resource, requested.Segment, requested.Access);

    /// <summary>
    /// The same check of rights that a remote back end decides: what it has not been asked yet takes a call. Rights that are known here answer
    /// at once.
    /// </summary>
    /// <exception cref="ServerException">As of the resolution of the token.</exception>
    public virtual ValueTask<bool> AllowsAsync(AccessRequest requested, CancellationToken cancellationToken) =>
        new(Allows(requested));

    /// <summary>Checks many requests, one by one and in their order; rights that a remote back end decides take no more calls for it than they must.</summary>
    /// <exception cref="ServerException">As of the resolution of the token.</exception>
    public virtual ValueTask<IReadOnlyList<bool>> AllowsEachAsync(IReadOnlyList<AccessRequest> requests, CancellationToken cancellationToken) =>
        new([.. requests.Select(requested => Allows(requested))]);

    /// <summary>Whether all of it is allowed.</summary>
    /// <exception cref="ServerException">As of the resolution of the token.</exception>
    public async ValueTask<bool> AllowsAsync(IReadOnlyList<AccessRequest> requests, CancellationToken cancellationToken)
    {
        foreach (var requested in requests)
        {
            if (!await AllowsAsync(requested, cancellationToken))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Saving and restoring the whole state, keys included: needs a token with acl:write, which a default policy of allow does not give (acl ACL-DFLT-1).</summary>
    public abstract bool Snapshot();

    public bool ServiceRead(string service) => Allows(AclResource.Service, service, AclAccess.Read);

    public bool ServiceWrite(string service) => Allows(AclResource.Service, service, AclAccess.Write);

    /// <summary>For the name <c>*</c> the special rule of intentions ACL-1 holds.</summary>
    public bool IntentionRead(string destination) => Allows(AclResource.Intention, destination, AclAccess.Read);

    public bool AgentRead(string node) => Allows(AclResource.Agent, node, AclAccess.Read);

    public bool AgentWrite(string node) => Allows(AclResource.Agent, node, AclAccess.Write);

    public bool NodeRead(string node) => Allows(AclResource.Node, node, AclAccess.Read);

    public bool OperatorRead() => Allows(AclResource.Operator, string.Empty, AclAccess.Read);

    public bool OperatorWrite() => Allows(AclResource.Operator, string.Empty, AclAccess.Write);

    public bool AclRead() => Allows(AclResource.Acl, string.Empty, AclAccess.Read);

    public bool AclWrite() => Allows(AclResource.Acl, string.Empty, AclAccess.Write);

    /// <summary>Throws where a right is missing.</summary>
    /// <param name="allowed">What the rights said.</param>
    /// <param name="asked">What they were asked; for the log and the metrics of the one who refuses, never part of the text.</param>
    /// <exception cref="ServerException"><c>Permission denied</c> (intentions ACL-3).</exception>
    public static void Require(bool allowed, AccessRequest? asked = null)
    {
        if (!allowed)
        {
            throw new ServerException(FailureKind.PermissionDenied, "Permission denied") { Denied = asked };
        }
    }

    /// <inheritdoc cref="Require(bool, AccessRequest?)"/>
    public void Require(AccessRequest asked) => Require(Allows(asked), asked);

    /// <inheritdoc cref="Require(bool, AccessRequest?)"/>
    public void Require(IEnumerable<AccessRequest> asked)
    {
        foreach (var requested in asked)
        {
            Require(requested);
        }
    }

    /// <inheritdoc cref="Require(bool, AccessRequest?)"/>
    public async ValueTask RequireAsync(AccessRequest asked, CancellationToken cancellationToken) =>
        Require(await AllowsAsync(asked, cancellationToken), asked);

    /// <summary>Requires intentions:read on every name of a match; an empty name needs none (intentions ACL-2).</summary>
    /// <exception cref="ServerException"><c>Permission denied</c>.</exception>
    public void RequireIntentionRead(IEnumerable<string> names) =>
        Require(names.Where(name => name.Length > 0).Select(name => new AccessRequest(AclResource.Intention, name, AclAccess.Read)));

    private sealed class Opened : TokenRights
    {
        public override bool Allows(AclResource resource, string segment, AclAccess access) =>
            (resource, access) is not (AclResource.Agent, AclAccess.Write);

        public override bool Snapshot() => false;
    }

    private sealed class Same(bool allowed, bool manages) : TokenRights
    {
        public override bool Allows(AclResource resource, string segment, AclAccess access) =>
            resource == AclResource.Acl ? manages : allowed;

        public override bool Snapshot() => manages;
    }
}
