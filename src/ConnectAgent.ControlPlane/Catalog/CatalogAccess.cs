using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>
/// What of the catalog a token may see (services HLT-8), and what it needs to write to it (CAT-7, CAT-8, acl ACL-PERM-31, 32), judged by the state that
/// the write meets.
/// </summary>
internal static class CatalogAccess
{
    public static bool MayRead(this TokenRights rights, ServiceInstance instance) =>
        rights.NodeRead(instance.Node.Name) && rights.ServiceRead(instance.Service.Name);

    public static bool MayRead(this TokenRights rights, InstanceHealth instance) =>
        rights.NodeRead(instance.Node.Name) && rights.ServiceRead(instance.Service.Name);

    public static bool MayRead(this TokenRights rights, HealthCheck check) =>
        rights.NodeRead(check.Node) && (check.ServiceId.Length == 0 || rights.ServiceRead(check.ServiceName));

    /// <summary>Requires what a registration needs.</summary>
    /// <param name="rights">The writer's.</param>
    /// <param name="state">Without the write.</param>
    /// <param name="registration">In its form.</param>
    /// <param name="changesNode">Whether the node's record is written.</param>
    /// <exception cref="ServerException">A right is missing.</exception>
    public static void Require(TokenRights rights, StateSnapshot state, CatalogRegistration registration, bool changesNode)
    {
        if (ReferenceEquals(rights, TokenRights.Everything))
        {
            // Then a check of a service that is not there has the other text (CAT-2).
            return;
        }

        var node = registration.Node.Name;
        if (changesNode)
        {
            rights.Require(NamesOf(state, node).Select(ToWriteNode));

            // Whoever takes over a node's ID removes that node (CAT-6).
            rights.Require(CatalogWrites.InTheWayOf(state, registration.Node).Select(other => ToWriteNode(other.Name)));
        }

        if (registration.Service is { } service)
        {
            rights.Require(ToWriteService(service.Name));
            if (CatalogRows.FindService(state, node, service.Id) is { } before)
            {
                rights.Require(ToWriteService(before.Service.Name));
            }

            if (service is { Kind: ServiceKinds.ConnectProxy, Proxy.DestinationServiceName: { Length: > 0 } destination })
            {
                rights.Require(ToWriteService(destination));
            }
        }

        foreach (var check in registration.Checks)
        {
            rights.Require(ToWriteCheck(state, registration, check));
        }
    }

    /// <summary>Requires what a deregistration needs: node:write is enough for all of it.</summary>
    /// <exception cref="ServerException">A right is missing; or what is to go is not there, and only node:write makes that no mistake.</exception>
    public static void Require(TokenRights rights, StateSnapshot state, CatalogDeregistration deregistration)
    {
        AccessRequest[] toNode = [.. NamesOf(state, deregistration.Node).Select(ToWriteNode)];
        if (Array.TrueForAll(toNode, asked => rights.Allows(asked)))
        {
            return;
        }

        var (service, check) = (deregistration.ServiceId, deregistration.CheckId);
        if (service.Length > 0)
        {
            rights.Require(ToWriteService(CatalogRows.FindService(state, deregistration.Node, service)?.Service.Name
                ?? throw new ServerException(FailureKind.Mistake, $"Unknown service '{service}'")));
        }
        else if (check.Length > 0)
        {
            var found = CatalogRows.FindCheck(state, deregistration.Node, check)
                ?? throw new ServerException(FailureKind.Mistake, $"Unknown check '{check}'");
            rights.Require(found.ServiceId.Length > 0 ? [ToWriteService(found.ServiceName)] : toNode);
        }
        else
        {
            rights.Require(toNode);
        }
    }

    private static IEnumerable<AccessRequest> ToWriteCheck(StateSnapshot state, CatalogRegistration registration, HealthCheck check) =>
        check.ServiceId switch
        {
            "" => NamesOf(state, registration.Node.Name).Select(ToWriteNode),
            var id when id == registration.Service?.Id => [ToWriteService(registration.Service.Name)],
            var id => [ToWriteService(CatalogRows.FindService(state, registration.Node.Name, id)?.Service.Name
                ?? throw new ServerException(FailureKind.Mistake, $"Unknown service '{id}' for check '{check.CheckId}'"))],
        };

    // Names are found without regard to case, and rules name them with case.
    private static IReadOnlyList<string> NamesOf(StateSnapshot state, string node) =>
        CatalogRows.FindNode(state, node) is { } found && found.Name != node ? [node, found.Name] : [node];

    private static AccessRequest ToWriteNode(string node) => new(AclResource.Node, node, AclAccess.Write);

    private static AccessRequest ToWriteService(string service) => new(AclResource.Service, service, AclAccess.Write);
}
