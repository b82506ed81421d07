using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Text;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Checks;

/// <summary>Shows the checks of this agent, registers them, and takes them back (services AG-8 to AG-10, AG-12).</summary>
internal sealed class CheckEndpoints(
    LocalState state, LocalRegistry registry, CheckOptions options, CheckRights rights, IServerClient servers, AgentTokenOptions acl) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/checks", (HttpMethods.Get, Permission.Filtered(AclResource.Service, "each check's service, or node:read"), ListAsync));
        routes.MapWire("/v1/agent/check/register", (HttpMethods.Put, CheckRights.ToWrite, RegisterAsync));
        routes.MapWire("/v1/agent/check/deregister/", (HttpMethods.Put, CheckRights.ToWrite, DeregisterAsync));
    }

    private async Task ListAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var known = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var filter = ListFilter.Compile(request.Query.First("filter"), ServiceFilters.Check);
        var checks = await request.VisibleAsync([.. state.Current.Checks.Values.Select(static check => check.Health)], known, rights.ToRead);
        await WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartObject();
            foreach (var check in checks.Where(check => filter?.Matches(check) != false))
            {
                writer.WritePropertyName(check.CheckId);
                CheckJson.Write(writer, check);
            }

            writer.WriteEndObject();
        });
    }

    private async Task RegisterAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var check = CheckRules.Standalone(await RequestBody.ReadAsync(
            request, ServiceBodies.AgentCheck, RequestBody.Undecodable));
        var known = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var view = state.Current;
        if (check.ServiceId.Length > 0 && view.Service(check.ServiceId) is null)
        {
            throw NoService(check.ServiceId);
        }

        await rights.RequireAsync(known, view, check.ServiceId, request.Aborted);
        if (view.Check(check.CheckId) is { } former)
        {
            await rights.RequireAsync(known, view, former.Registered.ServiceId, request.Aborted);
        }

        options.RequireAllowed(check.Definition, isFromFile: false);
        var token = check.Token.Length > 0 ? check.Token : request.TokenToKeep();
        if (!await registry.AddCheckAsync(RegisteredCheck.Of(check, isNested: false, token), request.Aborted))
        {
            throw NoService(check.ServiceId);
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async Task DeregisterAsync(WireRequest request)
    {
        var id = request.Tail;
        if (id.Length == 0)
        {
            throw WireException.Failed("CheckID missing");
        }

        request.RefuseNamespace();
        var known = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var view = state.Current;
        if (view.Check(id) is { } check)
        {
            await rights.RequireAsync(known, view, check.Registered.ServiceId, request.Aborted);
            await registry.RemoveCheckAsync(id, request.Aborted);
        }
        else if (acl.AreAclsOn)
        {
            throw new WireException(
                StatusCodes.Status404NotFound, $"Unknown check ID {GoQuote.Of(id)}. Ensure that the check ID is passed, not the check name.");
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private static WireException NoService(string id) => new(StatusCodes.Status404NotFound, $"ServiceID {GoQuote.Of(id)} does not exist");
}
