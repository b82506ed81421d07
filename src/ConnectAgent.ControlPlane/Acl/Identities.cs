using System.Text.Json.Serialization;
using ConnectAgent.ControlPlane.Acl.Rules;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>Shorthand for the rules of a service and its sidecar (acl ACL-SYN-1).</summary>
/// <param name="ServiceName">Lower-case letters, digits, inner dashes and underscores (ACL-TOK-31).</param>
/// <param name="Datacenters">Where it counts; null or empty: everywhere.</param>
internal sealed record ServiceIdentity(
    string ServiceName,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Datacenters = null)
{
    public bool CountsIn(string datacenter) => Datacenters is not { Count: > 0 } || Datacenters.Contains(datacenter, StringComparer.Ordinal);

    public PolicyRules Rules() => PolicyRules.Of(
        new()
        {
            [new(NamedKind.Service, IsPrefix: false, ServiceName)] = new(AclLevel.Write),
            [new(NamedKind.Service, IsPrefix: false, ServiceName + "-sidecar-proxy")] = new(AclLevel.Write),
            [new(NamedKind.Service, IsPrefix: true, string.Empty)] = new(AclLevel.Read),
            [new(NamedKind.Node, IsPrefix: true, string.Empty)] = new(AclLevel.Read),
        },
        []);
}

/// <summary>Shorthand for the rules of a node (acl ACL-SYN-2).</summary>
/// <param name="NodeName">As for services.</param>
/// <param name="Datacenter">The only one where it counts.</param>
internal sealed record NodeIdentity(string NodeName, string Datacenter)
{
    public bool CountsIn(string datacenter) => Datacenter == datacenter;

    public PolicyRules Rules() => PolicyRules.Of(
        new()
        {
            [new(NamedKind.Node, IsPrefix: false, NodeName)] = new(AclLevel.Write),
            [new(NamedKind.Service, IsPrefix: true, string.Empty)] = new(AclLevel.Read),
        },
        []);
}
