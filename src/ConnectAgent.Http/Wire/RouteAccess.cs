using System.Net;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.Wire;

/// <summary>Who may use a route at all: what the configuration closes, and the rights that are asked for before the handler.</summary>
internal sealed class RouteAccess(AgentIdentity agent, WireSettings settings, IServerClient servers)
{
    /// <summary>Refuses paths that the configuration closes (http-conventions HCFG-1).</summary>
    /// <exception cref="WireException">403.</exception>
    public void RequireOpen(string path)
    {
        // By its position: walking along the interface would make something at every request.
        var blocked = settings.Value.BlockedPaths;
        for (var i = 0; i < blocked.Count; i++)
        {
            if (path.StartsWith(blocked[i], StringComparison.Ordinal))
            {
                throw new WireException(StatusCodes.Status403Forbidden, "Endpoint is blocked by agent configuration") { Setting = "http_config.block_endpoints" };
            }
        }
    }

    /// <summary>HCFG-1; callers over a Unix socket have no address, and are as local as can be (LIS-3).</summary>
    /// <exception cref="WireException">403.</exception>
    public void RequireWriter(WireRequest request)
    {
        if (settings.Value.Writers.Count > 0 && request.Method != HttpMethods.Get && !MayWrite(request.Context.Connection.RemoteIpAddress))
        {
            throw new WireException(StatusCodes.Status403Forbidden, "Access is restricted") { Setting = "http_config.allow_write_http_from" };
        }
    }

    /// <summary>
    /// The right that is asked for before the handler; null for none. Servers that say that they have no ACLs open the agent for reading: who writes to it
    /// needs agent:write, which then only the recovery token has (FA-11).
    /// </summary>
    public AccessRequest? AskedFirst(Permission permission, string method, string path) =>
        permission is { IsAskedFirst: true, Resource: { } resource } ? new AccessRequest(resource, agent.NodeName, permission.Access)
        : IsWriteToTheAgent(method, path) && servers.AclsAreOpen ? new AccessRequest(AclResource.Agent, agent.NodeName, AclAccess.Write)
        : null;

    /// <summary>Asks for a right.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The token is unknown, or lacks it.</exception>
    public ValueTask RequireAsync(WireRequest request, AccessRequest right) => servers.RequireAsync(request.Token(), right, request.Aborted);

    private bool MayWrite(IPAddress? caller) =>
        caller is null || settings.Value.Writers.Any(network => network.Contains(caller.IsIPv4MappedToIPv6 ? caller.MapToIPv4() : caller));

    // The one POST below is authorize, which writes nothing.
    private static bool IsWriteToTheAgent(string method, string path) =>
        (method == HttpMethods.Put || method == HttpMethods.Delete) && path.StartsWith("/v1/agent/", StringComparison.Ordinal);
}
