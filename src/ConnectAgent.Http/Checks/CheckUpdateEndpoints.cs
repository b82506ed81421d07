using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Checks;

/// <summary>Takes what the owners of TTL checks say of them (services AG-11, AG-12).</summary>
internal sealed class CheckUpdateEndpoints(LocalState state, LocalChecks checks, CheckRights rights, IServerClient servers) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/check/pass/", (HttpMethods.Put, CheckRights.ToWrite, request => NoteAsync(request, CheckStatus.Passing)));
        routes.MapWire("/v1/agent/check/warn/", (HttpMethods.Put, CheckRights.ToWrite, request => NoteAsync(request, CheckStatus.Warning)));
        routes.MapWire("/v1/agent/check/fail/", (HttpMethods.Put, CheckRights.ToWrite, request => NoteAsync(request, CheckStatus.Critical)));
        routes.MapWire("/v1/agent/check/update/", (HttpMethods.Put, CheckRights.ToWrite, UpdateAsync));
    }

    private Task NoteAsync(WireRequest request, string status) => UpdateAsync(request, new CheckUpdate(status, request.Query.First("note")));

    private async Task UpdateAsync(WireRequest request)
    {
        var update = await RequestBody.ReadAsync(request, ServiceBodies.CheckUpdate, RequestBody.Undecodable);
        if (!CheckStatus.IsOne(update.Status))
        {
            throw WireException.Invalid($"Invalid check status: '{update.Status}'");
        }

        await UpdateAsync(request, update);
    }

    private async Task UpdateAsync(WireRequest request, CheckUpdate update)
    {
        var id = request.Tail;
        request.RefuseNamespace();
        var known = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var view = state.Current;
        if (view.Check(id) is { } check)
        {
            await rights.RequireAsync(known, view, check.Registered.ServiceId, request.Aborted);
        }

        if (!checks.UpdateTtl(id, update.Status, update.Output))
        {
            throw new WireException(StatusCodes.Status404NotFound, $"CheckID {GoQuote.Of(id)} does not have associated TTL");
        }

        await state.ResultsKeptAsync().WaitAsync(request.Aborted);
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }
}
