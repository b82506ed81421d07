using System.Text.Json;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.Catalog;

/// <summary>A node with its services, and the services of a gateway (services CAT-14, CAT-15).</summary>
internal sealed class NodeEndpoints(CatalogStore catalog, TokenResolver tokens, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        var node = Permission.Filtered(AclResource.Node, "the node, and service:read for each service");
        routes.MapWire("/v1/catalog/node/", (HttpMethods.Get, node, request => NodeAsync(request, WriteMap)));
        routes.MapWire("/v1/catalog/node-services/", (HttpMethods.Get, node, request => NodeAsync(request, WriteList)));
        routes.MapWire(
            "/v1/catalog/gateway-services/", (HttpMethods.Get, Permission.Of(AclResource.Service, AclAccess.Read, "the gateway"), GatewayAsync));
    }

    private async Task NodeAsync(WireRequest request, Action<Utf8JsonWriter, NodeServices?> write)
    {
        var (options, name) = Begin(request, "Missing node name");
        var filter = ListFilter.Compile(options.Filter, ServiceFilters.NodeService);
        tokens.Resolve(options.Token);
        var (node, index) = await catalog.NodeAsync(name, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = tokens.Resolve(options.Token);
        if (node is not null && !rights.NodeRead(node.Node.Name))
        {
            request.TellFiltered();
            node = null;
        }

        if (node is not null)
        {
            var visible = request.Visible(node.Services, service => rights.ServiceRead(service.Name));
            node = node with { Services = [.. visible.Where(service => filter?.Matches(service) is not false)] };
        }

        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer => write(writer, node));
    }

    private async Task GatewayAsync(WireRequest request)
    {
        var (options, name) = Begin(request, "Missing gateway name");
        var right = new AccessRequest(AclResource.Service, name, AclAccess.Read);
        tokens.Resolve(options.Token).Require(right);
        var (links, index) = await catalog.GatewayServicesAsync(name, ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = tokens.Resolve(options.Token);
        rights.Require(right);
        var visible = request.Visible(links, link => rights.ServiceRead(link.Service));
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer => CatalogJson.List(writer, visible, CatalogJson.GatewayService));
    }

    private (ReadOptions Options, string Name) Begin(WireRequest request, string missing)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.Invalid(missing);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        return (options, name);
    }

    private static void WriteMap(Utf8JsonWriter writer, NodeServices? node)
    {
        if (node is null)
        {
            writer.WriteNullValue();
            return;
        }

        writer.WriteStartObject();
        writer.WritePropertyName("Node"u8);
        ServiceJson.Node(writer, node.Node);
        writer.WriteStartObject("Services"u8);
        foreach (var service in node.Services)
        {
            writer.WritePropertyName(service.Id);
            ServiceJson.NodeService(writer, service);
        }

        writer.WriteEndObject();
        writer.WriteEndObject();
    }

    private static void WriteList(Utf8JsonWriter writer, NodeServices? node)
    {
        writer.WriteStartObject();
        writer.WritePropertyName("Node"u8);
        if (node is null)
        {
            writer.WriteNullValue();
            writer.WriteNull("Services"u8);
        }
        else
        {
            ServiceJson.Node(writer, node.Node);
            writer.WritePropertyName("Services"u8);
            CatalogJson.List(writer, node.Services, ServiceJson.NodeService);
        }

        writer.WriteEndObject();
    }
}
