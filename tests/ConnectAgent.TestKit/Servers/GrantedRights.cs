using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.TestKit.Servers;

/// <summary>Rights that are exactly what a test grants.</summary>
public sealed class GrantedRights(params AccessRequest[] granted) : TokenRights
{
    /// <summary>What a service needs for its leaf and to be asked about: service:write and intention:read on its name.</summary>
    public static GrantedRights ToServices(params string[] services) => new([.. services.SelectMany(service => new[]
    {
        new AccessRequest(AclResource.Service, service, AclAccess.Write), new AccessRequest(AclResource.Intention, service, AclAccess.Read),
    })]);

    public override bool Allows(AclResource resource, string segment, AclAccess access) =>
        granted.Contains(new AccessRequest(resource, segment, access));

    public override bool Snapshot() => false;
}
