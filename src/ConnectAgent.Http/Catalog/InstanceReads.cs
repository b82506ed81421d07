using ConnectAgent.Agent.Discovery;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.Catalog;

/// <summary>The instances of a service out of the control plane: for callers, and for the agent's own cache (services CAT-12, CAT-13).</summary>
internal sealed class InstanceReads(CatalogStore catalog, BlockingReader reader, TokenResolver tokens)
{
    private static readonly FilterSchema<ServiceInstance> Schema =
        ServiceFilters.ServiceNode(static (ServiceInstance instance) => instance.Node, static instance => instance.Service);

    // Nothing is ever written there; the state as a whole may still be replaced.
    private static readonly Topic[] Nothing = [Topic.Everything];

    /// <summary>Reads what a token may see.</summary>
    /// <param name="query">Without health.</param>
    /// <param name="blocking">With the token.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <exception cref="Protocol.Errors.ServerException">An unknown token, or a filter that is none.</exception>
    public async Task<VisibleInstances> ReadAsync(InstancesQuery query, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        var filter = ListFilter.Compile(query.Filter, Schema);
        if (query.NameRight is { } right && !tokens.Resolve(blocking.Token).Allows(right))
        {
            // acl ACL-PERM-27: it does not even show when something changes; until the rights do.
            var (_, none) = await reader.ReadAsync(blocking, Nothing, static _ => (true, 1UL), static (_, _) => true, cancellationToken);
            return new VisibleInstances([], IsFiltered: true, none);
        }

        tokens.Resolve(blocking.Token);
        var (found, index) = await catalog.InstancesAsync(
            new ServiceQuery(query.Service, query.Connect ? ServiceSelection.Connect : ServiceSelection.Instances), blocking, cancellationToken);
        var rights = tokens.Resolve(blocking.Token);
        if (query.NameRight is { } still && !rights.Allows(still))
        {
            return new VisibleInstances([], IsFiltered: true, 1);
        }

        var meta = NodeMetaFilter.Parse(query.NodeMeta);
        List<ServiceInstance> asked = [.. found.Where(instance => meta.Matches(instance.Node.Meta) && HasTags(query, instance.Service))];
        List<ServiceInstance> visible = [.. asked.Where(instance => rights.MayRead(instance))];
        return new VisibleInstances([.. visible.Where(instance => filter?.Matches(instance) is not false)], visible.Count < asked.Count, index);
    }

    // CAT-13: not asked of what connects for a service.
    private static bool HasTags(InstancesQuery query, NodeService service) =>
        query.Connect || query.Tags.All(tag => service.Tags.Contains(tag, StringComparer.OrdinalIgnoreCase));
}

/// <summary>What a token may see of the instances of a service.</summary>
/// <param name="Instances">By node and ID.</param>
/// <param name="IsFiltered">Whether something is left out.</param>
/// <param name="Index">Of all of them.</param>
internal sealed record VisibleInstances(IReadOnlyList<ServiceInstance> Instances, bool IsFiltered, ulong Index);
