using System.Text.Json;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Discovery;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Catalog;

/// <summary>The lists of the catalog: nodes, names of services, instances of one (services CAT-9 to CAT-13).</summary>
internal sealed class CatalogEndpoints(
    CatalogStore catalog, InstanceReads instances, CachedReads cached, TokenResolver tokens, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/catalog/nodes", (HttpMethods.Get, Permission.Filtered(AclResource.Node, "each node"), NodesAsync));
        MapCached("/v1/catalog/datacenters", DatacentersAsync);
        MapCached("/v1/catalog/services", ServicesAsync);
        MapCached("/v1/catalog/service/", request => InstancesAsync(request, connect: false));
        MapCached("/v1/catalog/connect/", request => InstancesAsync(request, connect: true));

        // CON-3, CAT-17: what the caller wants cached is the agent's to answer.
        void MapCached(string path, WireHandler handler) =>
            routes.MapWire(path, (HttpMethods.Get, cached.PermissionOf(path), request => cached.TryAnswer(request, out var answering) ? answering : handler(request)));
    }

    // CAT-9: neither an index nor a token.
    private Task DatacentersAsync(WireRequest request)
    {
        _ = ReadOptions.Parse(request);
        return WireReply.JsonAsync(request, [agent.Datacenter], WireJson.Default.IReadOnlyListString);
    }

    private async Task NodesAsync(WireRequest request)
    {
        var options = Begin(request);
        var filter = ListFilter.Compile(options.Filter, ServiceFilters.Node);
        var meta = NodeMetaFilter.Parse(request.Query.All("node-meta"));
        tokens.Resolve(options.Token);
        var (nodes, index) = await catalog.NodesAsync(ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = tokens.Resolve(options.Token);
        var visible = request.Visible([.. nodes.Where(node => meta.Matches(node.Meta))], node => rights.NodeRead(node.Name));
        await ReplyAsync(request, options, index, visible.Where(node => filter?.Matches(node) is not false), ServiceJson.Node);
    }

    private async Task ServicesAsync(WireRequest request)
    {
        var options = Begin(request);
        var meta = NodeMetaFilter.Parse(request.Query.All("node-meta"));
        tokens.Resolve(options.Token);
        var (services, index) = await catalog.ServicesAsync(
            meta.IsEmpty ? null : node => meta.Matches(node.Meta), ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = tokens.Resolve(options.Token);
        var visible = request.Visible(services, service => rights.ServiceRead(service.Name));
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer =>
        {
            writer.WriteStartObject();
            foreach (var service in visible)
            {
                CatalogJson.Tags(writer, service);
            }

            writer.WriteEndObject();
        });
    }

    private async Task InstancesAsync(WireRequest request, bool connect)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.Invalid("Missing service name");
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        var query = new InstancesQuery(connect, name, request.Query.All("tag"), request.Query.All("node-meta"), options.Filter, withoutHealth: true);
        var found = await instances.ReadAsync(query, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        if (found.IsFiltered)
        {
            request.TellFiltered();
        }

        await ReplyAsync(
            request, options, found.Index, found.Instances, static (writer, instance) => ServiceJson.ServiceNode(writer, instance.Node, instance.Service));
    }

    private ReadOptions Begin(WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        return options;
    }

    private static Task ReplyAsync<T>(WireRequest request, in ReadOptions options, ulong index, IEnumerable<T> items, Action<Utf8JsonWriter, T> write)
    {
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        return WireReply.JsonAsync(request, writer => CatalogJson.List(writer, items, write));
    }
}
