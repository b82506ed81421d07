using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Checks;

/// <summary>The rights to checks: those to their service, or to this node (acl section 7, rows 13 and 17).</summary>
internal sealed class CheckRights(AgentIdentity agent)
{
    public static readonly Permission ToWrite = Permission.Of(AclResource.Service, AclAccess.Write, "the check's service, or node:write on this node");

    public AccessRequest ToRead(HealthCheck check) => check.ServiceId.Length > 0
        ? new AccessRequest(AclResource.Service, check.ServiceName, AclAccess.Read)
        : new AccessRequest(AclResource.Node, agent.NodeName, AclAccess.Read);

    /// <summary>Requires the right to write checks of a service; of the node for an empty ID.</summary>
    /// <exception cref="Protocol.Errors.ServerException">403, with the right and the name.</exception>
    public ValueTask RequireAsync(TokenRights rights, LocalView view, string serviceId, CancellationToken cancellationToken) =>
        view.Service(serviceId) is { } service
            ? rights.RequireToWriteAsync(AclResource.Service, service.Stored.Name, cancellationToken)
            : rights.RequireToWriteAsync(AclResource.Node, agent.NodeName, cancellationToken);
}
