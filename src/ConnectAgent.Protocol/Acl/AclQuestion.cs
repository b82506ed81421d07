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
