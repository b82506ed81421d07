using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Whose instances are asked for, with their health or without (services CAT-12, CAT-13, HLT-1, HLT-4).</summary>
public sealed class InstancesQuery : DiscoveryQuery
{
    /// <summary>Brings a query into one form: what is asked for in another order is the same query.</summary>
    /// <param name="connect">Whether what connects for the service is meant, or the service itself (services CAT-13).</param>
    /// <param name="service">Its name.</param>
    /// <param name="tags">Of which an instance must have all.</param>
    /// <param name="nodeMeta">What its node must have: <c>name:value</c>. The later of two with one name counts.</param>
    /// <param name="filter">An expression that the servers evaluate; empty for none.</param>
    /// <param name="ingress">Whether the gateways into the mesh for the service are meant (services HLT-9).</param>
    /// <param name="withoutHealth">Whether the catalog is asked, and not health.</param>
    [JsonConstructor]
    public InstancesQuery(
        bool connect,
        string service,
        IReadOnlyList<string> tags,
        IReadOnlyList<string> nodeMeta,
        string filter,
        bool ingress = false,
        bool withoutHealth = false)
    {
        // Names are without case (CAT-12); where there must be a right to the name, as it is spelled (HLT-8), each spelling is its own query.
        (Connect, Ingress, WithoutHealth) = (connect, ingress, withoutHealth);
        Service = connect || ingress ? service : service.ToLowerInvariant();
        Tags = [.. tags.Order(StringComparer.Ordinal)];
        NodeMeta = InOrder(nodeMeta);
        Filter = filter;
        Target = TargetOf(
            (withoutHealth ? "catalog/" : "health/") + (connect ? "connect/" : ingress ? "ingress/" : "service/") + Uri.EscapeDataString(Service),
            [.. Tags.Select(static tag => ("tag", tag)), .. NodeMeta.Select(static meta => ("node-meta", meta)), .. Optional("filter", filter)]);
    }

    public bool Connect { get; }

    public string Service { get; }

    public IReadOnlyList<string> Tags { get; }

    public IReadOnlyList<string> NodeMeta { get; }

    public string Filter { get; }

    public bool Ingress { get; }

    public bool WithoutHealth { get; }

    [JsonIgnore]
    public override string Target { get; }

    /// <summary>services CAT-13, HLT-8, acl ACL-PERM-27: without it, there is nothing to connect to.</summary>
    [JsonIgnore]
    public override AccessRequest? NameRight => Connect || Ingress ? new(AclResource.Service, Service, AclAccess.Read) : null;

    [JsonIgnore]
    public override bool IsAskable => IsSegment(Service);
}
