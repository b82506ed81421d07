using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.Forwarding;
using ConnectAgent.Http.Wire;
using ConnectAgent.State;

namespace ConnectAgent.Http.Unserved;

/// <summary>
/// What the reference has and the embedded control plane has not. Clients take an empty 404 for "not found", or for success, so it is said in words
/// (http-conventions PATH-2); of lists that would be empty anyway there are the empty ones (services STA-3).
/// </summary>
internal sealed class UnservedEndpoints(BlockingReader reader, TokenResolver tokens, AgentIdentity agent) : IWireEndpoints
{
    private const string Catalog = "catalog of services";

    // Nothing is ever written there; the state as a whole may still be replaced.
    private static readonly Topic[] Nothing = [Topic.Everything];

    public void Map(WireRoutes routes)
    {
        MapUnserved(routes, "/v1/kv/", "key/value store", HttpMethods.Get, HttpMethods.Put, HttpMethods.Delete);
        MapUnserved(routes, "/v1/session/", "sessions", HttpMethods.Get, HttpMethods.Put);
        MapUnserved(routes, "/v1/txn", "transactions", HttpMethods.Put);
        MapUnserved(routes, "/v1/event/", "user events", HttpMethods.Get, HttpMethods.Put);
        MapUnserved(routes, "/v1/coordinate/", "network coordinates", HttpMethods.Get, HttpMethods.Put);
        MapUnserved(
            routes, "/v1/operator/", "autopilot, keyring or network areas", HttpMethods.Get, HttpMethods.Put, HttpMethods.Post, HttpMethods.Delete);
        MapUnserved(routes, "/v1/peering/", "peerings", HttpMethods.Get, HttpMethods.Post, HttpMethods.Delete);
        MapUnserved(routes, "/v1/peerings", "peerings", HttpMethods.Get);


        routes.MapWire("/v1/session/list", (HttpMethods.Get, Permission.AnyToken, request => ListAsync(request, isQuery: true)));
        routes.MapWire("/v1/coordinate/nodes", (HttpMethods.Get, Permission.AnyToken, request => ListAsync(request, isQuery: true)));
        routes.MapWire("/v1/event/list", (HttpMethods.Get, Permission.AnyToken, request => ListAsync(request, isQuery: false)));
        routes.MapWire("/v1/coordinate/datacenters", (HttpMethods.Get, Permission.None, EmptyAsync));
    }

    /// <summary>Says in words that a path is known and not served.</summary>
    /// <param name="what">What there is none of.</param>
    public static void MapUnserved(WireRoutes routes, string path, string what, params string[] methods)
    {
        var forwarded = ForwardingEndpoints.Paths.Contains(path) ? " An agent in front of Consul servers (server = false) forwards it to them." : string.Empty;
        var text = $"{path} is not served: this agent has no {what}.{forwarded}";
        routes.MapUnread(
            path,
            [.. methods.Select((string, Permission, WireHandler) (method) => (
                method, Permission.None, _ => throw new WireException(StatusCodes.Status501NotImplemented, text)))]);
    }

    private static Task EmptyAsync(WireRequest request) => WireReply.JsonAsync(request, [], WireJson.Default.IReadOnlyListString);

    // HDR-2, HDR-3; who watches for the next change waits, as everywhere (IDX-9).
    private async Task ListAsync(WireRequest request, bool isQuery)
    {
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = isQuery;
        agent.RequireDatacenter(options.Datacenter);
        tokens.Resolve(options.Token);
        var (_, index) = await reader.ReadAsync(
            ControlPlaneReads.Blocking(options, tokens), Nothing, static _ => (true, 1UL), static (_, _) => true, request.Aborted);
        tokens.Resolve(options.Token);
        if (isQuery)
        {
            WireReply.QueryHeaders(request.Context, index);
        }
        else
        {
            WireReply.Index(request.Context, index);
        }

        await EmptyAsync(request);
    }
}
