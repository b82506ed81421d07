using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.PreparedQueries;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.Http.PreparedQueries;

/// <summary>Prepared queries (services PQ-1 to PQ-10).</summary>
internal sealed class PreparedQueryEndpoints(
    PreparedQueryStore queries,
    QueryExecution execution,
    CachedReads cached,
    WanAddresses addresses,
    StateStore state,
    TokenResolver tokens,
    IServerClient servers,
    AgentIdentity agent) : IWireEndpoints
{
    /// <summary>What is said of a query that there is none of.</summary>
    public const string Unknown = "Query not found";

    private const string OwnNode = "_agent";

    public void Map(WireRoutes routes)
    {
        var read = Permission.Of(AclResource.Query, AclAccess.Read, "the name");
        var write = Permission.Of(AclResource.Query, AclAccess.Write, "the name");
        routes.MapWire(
            "/v1/query", (HttpMethods.Get, Permission.Filtered(AclResource.Query, "each name"), ListAsync), (HttpMethods.Post, write, CreateAsync));
        routes.MapSelfDescribed("/v1/query/", (HttpMethods.Get, read, GetAsync), (HttpMethods.Put, write, UpdateAsync), (HttpMethods.Delete, write, DeleteAsync));
        routes.MapSelfDescribed("/v1/query/*/execute", (HttpMethods.Get, cached.PermissionOf("/v1/query/*/execute"), ExecuteAsync));
        routes.MapSelfDescribed("/v1/query/*/explain", (HttpMethods.Get, read, ExplainAsync));
    }

    private async Task ListAsync(WireRequest request)
    {
        var options = Read(request);
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var (all, index) = await queries.ListAsync(ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var visible = request.Visible(all, query => PreparedQueryStore.MayRead(rights, query, byId: false));
        await ReplyAsync(request, options, index, [.. visible.Select(query => PreparedQueryStore.Shown(rights, query))]);
    }

    private async Task GetAsync(WireRequest request)
    {
        var options = Read(request);
        await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var (query, index) = await queries.GetAsync(request.Tail, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var found = query ?? throw NotFound(request);
        TokenRights.Require(
            PreparedQueryStore.MayRead(rights, found, byId: true), new AccessRequest(AclResource.Query, found.Name, AclAccess.Read));
        await ReplyAsync(request, options, index, [PreparedQueryStore.Shown(rights, found)]);
    }

    private async Task CreateAsync(WireRequest request)
    {
        var query = await ReadBodyAsync(request);
        var id = await queries.CreateAsync(query, await servers.ResolveTokenAsync(request.Token(), request.Aborted));
        await WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartObject();
            writer.WriteString("ID"u8, id);
            writer.WriteEndObject();
        });
    }

    private async Task UpdateAsync(WireRequest request)
    {
        var query = await ReadBodyAsync(request) with { Id = request.Tail };
        await queries.UpdateAsync(query, await servers.ResolveTokenAsync(request.Token(), request.Aborted));
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async Task DeleteAsync(WireRequest request)
    {
        await queries.DeleteAsync(request.Tail, await servers.ResolveTokenAsync(request.Token(), request.Aborted));
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    // PQ-9. Who says where it wants to be near to is not answered from what others were (CACHE-43).
    private Task ExecuteAsync(WireRequest request) =>
        !request.Query.Has("near") && cached.TryAnswer(request, out var answering) ? answering : ExecuteNowAsync(request);

    private async Task ExecuteNowAsync(WireRequest request)
    {
        var (options, limit, connect) = ExecuteParameters.Parse(request);
        agent.RequireDatacenter(options.Datacenter);
        var near = request.Query.First("near");
        var asked = new QueryOptions(options.Token, limit, connect, near == OwnNode ? agent.NodeName : near);
        var result = await execution.ExecuteAsync(request.Tail, asked, request.Aborted) ?? throw NotFound(request);
        if (result.IsFiltered)
        {
            request.TellFiltered();
        }

        WireReply.QueryHeaders(request.Context, index: 1, effective: options.Consistency);
        await WireReply.JsonAsync(request, addresses.Translate(PreparedQueryJson.ListOf(result, options.Consistency).Json, result.Datacenter));
    }

    private async Task ExplainAsync(WireRequest request)
    {
        var options = Read(request);
        var rights = await servers.ResolveTokenAsync(options.Token, request.Aborted);
        var query = PreparedQueryStore.Resolve(state.Current, request.Tail) ?? throw NotFound(request);
        TokenRights.Require(
            PreparedQueryStore.MayRead(rights, query, byId: true), new AccessRequest(AclResource.Query, query.Name, AclAccess.Read));
        WireReply.QueryHeaders(request.Context, index: 1, effective: options.Consistency);
        await WireReply.JsonAsync(
            request, writer => PreparedQueryJson.WriteExplanation(writer, PreparedQueryStore.Shown(rights, query), options.Consistency));
    }

    private ReadOptions Read(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        return options;
    }

    private static async Task<PreparedQuery> ReadBodyAsync(WireRequest request)
    {
        request.RefuseNamespace();
        return await RequestBody.ReadAsync(request, PreparedQueryBody.Schema, RequestBody.Undecodable);
    }

    private static Task ReplyAsync(WireRequest request, ReadOptions options, ulong index, IReadOnlyList<PreparedQuery> shown)
    {
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        return WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartArray();
            foreach (var query in shown)
            {
                PreparedQueryJson.Write(writer, query);
            }

            writer.WriteEndArray();
        });
    }

    // The reference answers it before it knows an index.
    private static WireException NotFound(WireRequest request)
    {
        request.FailsWithQueryHeaders = false;
        return new WireException(StatusCodes.Status404NotFound, Unknown);
    }
}
