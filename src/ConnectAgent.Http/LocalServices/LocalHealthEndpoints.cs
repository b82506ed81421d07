using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.LocalServices;

/// <summary>Tells by its status how the services of this agent are, for load balancers and the like (services AG-20 to AG-23).</summary>
internal sealed class LocalHealthEndpoints(LocalState state, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        var permission = Permission.Of(AclResource.Service, AclAccess.Read, "the service");
        routes.MapWire("/v1/agent/health/service/id/", (HttpMethods.Get, permission, GetByIdAsync));
        routes.MapWire("/v1/agent/health/service/name/", (HttpMethods.Get, permission, GetByNameAsync));
    }

    private async Task GetByIdAsync(WireRequest request)
    {
        var id = request.Tail;
        if (id.Length == 0)
        {
            throw WireException.BadRequest("Missing serviceID");
        }

        request.RefuseNamespace();
        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var view = state.Current;
        if (view.Service(id) is not { } service)
        {
            await ReplyAsync(
                request, StatusCodes.Status404NotFound, $"ServiceId {id} not found",
                writer => CheckJson.AgentHealth(writer, CheckStatus.Critical, null, agent.Datacenter, []));
            return;
        }

        await rights.RequireAsync(new AccessRequest(AclResource.Service, service.Stored.Name, AclAccess.Read), request.Aborted);
        var health = new LocalHealth(view, service);
        await ReplyAsync(request, StatusOf(health.Status), health.Status, writer => health.Write(writer, agent.Datacenter));
    }

    private async Task GetByNameAsync(WireRequest request)
    {
        var name = request.Tail;
        if (name.Length == 0)
        {
            throw WireException.BadRequest("Missing service Name");
        }

        request.RefuseNamespace();
        await servers.RequireAsync(request.Token(), new AccessRequest(AclResource.Service, name, AclAccess.Read), request.Aborted);
        var view = state.Current;
        List<LocalHealth> instances = [.. view.Named(name).Select(service => new LocalHealth(view, service))];
        var status = LocalHealth.Worst(instances.Select(static health => health.Status));
        var (code, reason) = instances.Count > 0 ? (StatusOf(status), status) : (StatusCodes.Status404NotFound, $"ServiceName {name} Not Found");
        await ReplyAsync(request, code, reason, writer =>
        {
            writer.WriteStartArray();
            instances.ForEach(health => health.Write(writer, agent.Datacenter));
            writer.WriteEndArray();
        });
    }

    private static int StatusOf(string status) => status switch
    {
        CheckStatus.Passing => StatusCodes.Status200OK,
        CheckStatus.Warning => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status503ServiceUnavailable,
    };

    // AG-22: without a charset.
    private static Task ReplyAsync(WireRequest request, int code, string reason, Action<System.Text.Json.Utf8JsonWriter> write)
    {
        // A name may hold what no header may.
        request.Context.Response.Headers["X-Consul-Reason"] = string.Create(
            reason.Length, reason, static (header, text) =>
            {
                for (var i = 0; i < header.Length; i++)
                {
                    header[i] = text[i] is >= ' ' and <= '~' ? text[i] : '?';
                }
            });
        var isText = request.Query.First("format") == "text"
            || request.Context.Request.Headers.Accept.ToString().StartsWith("text/plain", StringComparison.Ordinal);
        return isText
            ? WireReply.BytesAsync(request.Context, code, "text/plain", Encoding.UTF8.GetBytes(reason))
            : WireReply.JsonAsync(request, write, code);
    }
}
