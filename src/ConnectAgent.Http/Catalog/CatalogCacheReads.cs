using System.Buffers;
using System.Text.Json;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.Catalog;

/// <summary>The instances of a service for the agent's cache (services CAT-17).</summary>
internal sealed class EmbeddedInstances(InstanceReads instances, TokenResolver tokens) : IEmbeddedRead<InstancesQuery, DiscoveryList>
{
    public string Name => DiscoveryReads.Instances.Name;

    public async Task<ServerRead<DiscoveryList>> ReadAsync(InstancesQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var found = await instances.ReadAsync(request, ControlPlaneReads.Blocking(query, tokens), cancellationToken);
        var items = found.Instances.Select(static instance => new DiscoveryItem(
            instance.Node.Name,
            instance.Service.Name,
            IsPassing: true,
            WireReply.Render(writer => ServiceJson.ServiceNode(writer, instance.Node, instance.Service), pretty: false)));
        return new ServerRead<DiscoveryList>(DiscoveryList.Of(items, found.IsFiltered), found.Index);
    }
}

/// <summary>The names of services for the agent's cache (services CAT-17).</summary>
internal sealed class EmbeddedServices(CatalogStore catalog, TokenResolver tokens) : IEmbeddedRead<ServicesQuery, DiscoveryList>
{
    public string Name => DiscoveryReads.Services.Name;

    public async Task<ServerRead<DiscoveryList>> ReadAsync(ServicesQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var meta = NodeMetaFilter.Parse(request.NodeMeta);
        tokens.Resolve(query.Token);
        var (services, index) = await catalog.ServicesAsync(
            meta.IsEmpty ? null : node => meta.Matches(node.Meta), ControlPlaneReads.Blocking(query, tokens), cancellationToken);
        var rights = tokens.Resolve(query.Token);
        List<ServiceTags> visible = [.. services.Where(service => rights.ServiceRead(service.Name))];
        var items = visible.Select(static service => new DiscoveryItem(
            string.Empty, service.Name, IsPassing: true, EmbeddedCatalog.Member(writer => CatalogJson.Tags(writer, service))));
        return new ServerRead<DiscoveryList>(
            DiscoveryList.Of("{"u8.ToArray(), "}"u8.ToArray(), items, isFiltered: visible.Count < services.Count), index);
    }
}

/// <summary>The datacenters for the agent's cache: its own (services CAT-9).</summary>
internal sealed class EmbeddedDatacenters(AgentIdentity agent) : IEmbeddedRead<DatacentersQuery, DiscoveryList>
{
    public string Name => DiscoveryReads.Datacenters.Name;

    public Task<ServerRead<DiscoveryList>> ReadAsync(DatacentersQuery request, ServerQuery query, CancellationToken cancellationToken)
    {
        var item = new DiscoveryItem(string.Empty, string.Empty, IsPassing: true, WireReply.Render(writer => writer.WriteStringValue(agent.Datacenter), pretty: false));
        return Task.FromResult(new ServerRead<DiscoveryList>(DiscoveryList.Of([item], isFiltered: false), 0));
    }
}

/// <summary>What they share.</summary>
internal static class EmbeddedCatalog
{
    /// <summary>A member of an object, without the braces.</summary>
    public static ReadOnlyMemory<byte> Member(Action<Utf8JsonWriter> write) => WireReply.Render(
        writer =>
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        },
        pretty: false)[1..^1];
}
