using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Shows the services of this agent (services AG-4 to AG-7).</summary>
internal sealed class LocalServiceEndpoints(LocalState state, LocalServiceReader reader, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/services", (HttpMethods.Get, Permission.Filtered(AclResource.Service, "each service"), ListAsync));
        routes.MapWire("/v1/agent/service/", (HttpMethods.Get, Permission.Of(AclResource.Service, AclAccess.Read, "the service"), GetAsync));
    }

    private async Task ListAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var filter = ListFilter.Compile(request.Query.First("filter"), ServiceFilters.AgentService);
        var services = await request.VisibleAsync(
            [.. state.Current.Services.Values.Select(static service => service.Visible)], rights, static service => LocalServiceKind.RightTo(service.Name));
        await WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartObject();
            foreach (var service in services.Where(service => filter?.Matches(service) != false))
            {
                writer.WritePropertyName(service.Id);
                ServiceJson.AgentService(writer, service, agent.Datacenter);
            }

            writer.WriteEndObject();
        });
    }

    private async Task GetAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        var shown = await reader.ReadAsync(request.Tail, request.Query.First("hash"), options, request.Aborted);
        request.Context.Response.Headers["X-Consul-Contenthash"] = shown.Hash;
        await WireReply.JsonAsync(request, writer => ServiceJson.AgentService(writer, shown.Service, agent.Datacenter, shown.Hash));
    }
}
