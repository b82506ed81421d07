using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Protocol.Discovery;

/// <summary>One item of an answer of the catalog, as the servers wrote it, with what is needed to see it.</summary>
/// <param name="Node">The node that must be readable; empty for none.</param>
/// <param name="Service">The service that must be readable; empty for none. A proxy's is not that of the service behind it (services HLT-2).</param>
/// <param name="IsPassing">Whether each of its checks is <c>passing</c>; without checks it is (services HLT-3).</param>
/// <param name="Json">All of it, fields that nobody here knows included.</param>
public readonly record struct DiscoveryItem(string Node, string Service, bool IsPassing, ReadOnlyMemory<byte> Json)
{
    internal AccessRequest? NodeRight => Node.Length == 0 ? null : new(AclResource.Node, Node, AclAccess.Read);

    internal AccessRequest? ServiceRight => Service.Length == 0 ? null : new(AclResource.Service, Service, AclAccess.Read);
}
