namespace ConnectAgent.Protocol.Acl;

/// <summary>What a right is about (acl ACL-AUZ-3).</summary>
public enum AclResource
{
    Acl,
    Agent,
    Event,
    Intention,
    Key,
    Keyring,
    Mesh,
    Node,
    Operator,
    Peering,
    Query,
    Service,
    Session,
}

/// <summary>What is to be done with it (acl ACL-AUZ-3). <see cref="List"/> and <see cref="WritePrefix"/> exist for keys only.</summary>
public enum AclAccess
{
    Read,
    List,
    Write,
    WritePrefix,
}

/// <summary>One request about what a token may do (acl ACL-AUZ-1).</summary>
/// <param name="Segment">The name, with case; empty for kinds without names.</param>
public readonly record struct AccessRequest(AclResource Resource, string Segment, AclAccess Access)
{
    public static AccessRequest AclRead { get; } = new(AclResource.Acl, string.Empty, AclAccess.Read);

    public static AccessRequest AclWrite { get; } = new(AclResource.Acl, string.Empty, AclAccess.Write);

    public static AccessRequest OperatorRead { get; } = new(AclResource.Operator, string.Empty, AclAccess.Read);

    public static AccessRequest OperatorWrite { get; } = new(AclResource.Operator, string.Empty, AclAccess.Write);
}
