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
        var found = await instances.ReadAsync(request, EmbeddedCatalog.Blocking(query, tokens), cancellationToken);
        var items = found.Instances.Select(static instance => new DiscoveryItem(
            instance.Node.Name,
            instance.Service.Name,
            IsPassing: true,
            EmbeddedCatalog.Json(writer => ServiceJson.ServiceNode(writer, instance.Node, instance.Service))));
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
            meta.IsEmpty ? null : node => meta.Matches(node.Meta), EmbeddedCatalog.Blocking(query, tokens), cancellationToken);
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
        var item = new DiscoveryItem(string.Empty, string.Empty, IsPassing: true, EmbeddedCatalog.Json(writer => writer.WriteStringValue(agent.Datacenter)));
        return Task.FromResult(new ServerRead<DiscoveryList>(DiscoveryList.Of([item], isFiltered: false), 0));
    }
}

/// <summary>What they share.</summary>
internal static class EmbeddedCatalog
{
    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    /// <summary>Wakes when the rights of its token change, too (acl ACL-SEC-3).</summary>
    public static BlockingOptions Blocking(ServerQuery query, TokenResolver tokens) => new(query.Blocking, tokens.TryResolve, query.Token);

    public static ReadOnlyMemory<byte> Json(Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            write(writer);
        }

        return json.WrittenMemory;
    }

    /// <summary>A member of an object, without the braces.</summary>
    public static ReadOnlyMemory<byte> Member(Action<Utf8JsonWriter> write) => Json(writer =>
    {
        writer.WriteStartObject();
        write(writer);
        writer.WriteEndObject();
    })[1..^1];
}
