using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>The catalog of nodes, services and checks: what is registered, and reads that may wait for a change (services section 5).</summary>
internal sealed class CatalogStore(StateStore store, BlockingReader reader, CatalogOptions options, CatalogMetrics metrics, ILogger<CatalogStore> logger)
{
    private readonly ServiceNames _names = new();

    /// <summary>Writes a node, and perhaps a service and checks on it: all of it or nothing (CAT-1 to CAT-7).</summary>
    /// <param name="registration">As it was sent.</param>
    /// <param name="rights">What the writer may do.</param>
    /// <exception cref="ServerException">CAT-2, CAT-6, CAT-7, or the disk; nothing is changed then.</exception>
    public async Task RegisterAsync(CatalogRegistration registration, TokenRights rights)
    {
        registration = CatalogForm.Of(registration, options.Datacenter);
        await store.WriteAsync(writer =>
        {
            var changesNode = CatalogWrites.ChangesNode(writer.State, registration);
            CatalogAccess.Require(rights, writer.State, registration, changesNode);
            CatalogWrites.Register(writer, registration, changesNode);
            return true;
        });
        metrics.Registered();
        foreach (var check in registration.Checks.Where(static check => !CheckStatus.IsOne(check.Status)))
        {
            logger.OddStatus(check.CheckId, check.Node, check.Status);
        }
    }

    /// <summary>Writes the server's own node with what is on it (AE-4). Whatever node has its name or its ID is this one under another, and gives way.</summary>
    /// <exception cref="ServerException">The disk refuses.</exception>
    public Task RegisterServerAsync(CatalogRegistration registration)
    {
        registration = CatalogForm.Of(registration, options.Datacenter);
        return store.WriteAsync(writer =>
        {
            CatalogWrites.Clear(writer, registration.Node);
            CatalogWrites.Register(writer, registration, CatalogWrites.ChangesNode(writer.State, registration));
            return true;
        });
    }

    /// <summary>Removes a service, a check or a node (CAT-8). What is not there is no mistake, and no write.</summary>
    /// <exception cref="ServerException">CAT-8, or the disk; nothing is changed then.</exception>
    public async Task DeregisterAsync(CatalogDeregistration deregistration, TokenRights rights)
    {
        CatalogRules.RequireNode(deregistration.Node);
        await store.WriteAsync(writer =>
        {
            CatalogAccess.Require(rights, writer.State, deregistration);
            CatalogWrites.Deregister(writer, deregistration);
            return true;
        });
        metrics.Deregistered();
    }

    /// <inheritdoc cref="CatalogReads.Nodes"/>
    public Task<(IReadOnlyList<CatalogNode> Value, ulong Index)> NodesAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        ListAsync(CatalogReads.Nodes, blocking, cancellationToken);

    /// <summary>The names of all services with their tags (CAT-11).</summary>
    /// <param name="onNode">Which nodes count; null for all.</param>
    public Task<(IReadOnlyList<ServiceTags> Value, ulong Index)> ServicesAsync(
        Func<CatalogNode, bool>? onNode, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        Topic[] topics = onNode is null ? [Topic.Any(CatalogTables.Services)] : [Topic.Any(CatalogTables.Services), Topic.Any(CatalogTables.Nodes)];
        return ReadAsync(
            state => new CatalogView<IReadOnlyList<ServiceTags>>(
                onNode is null ? _names.Of(state) : CatalogReads.ServicesOn(state, onNode), topics.Max(state.IndexOf), topics),
            static (_, _) => false,
            blocking,
            cancellationToken);
    }

    /// <inheritdoc cref="CatalogReads.GatewayServices"/>
    public Task<(IReadOnlyList<GatewayLink> Value, ulong Index)> GatewayServicesAsync(
        string gateway, BlockingOptions blocking, CancellationToken cancellationToken) =>
        ReadAsync(
            state => CatalogReads.GatewayServices(state, gateway), static (one, other) => one.SequenceEqual(other), blocking, cancellationToken);

    /// <inheritdoc cref="CatalogReads.Instances"/>
    public Task<(IReadOnlyList<ServiceInstance> Value, ulong Index)> InstancesAsync(
        ServiceQuery query, BlockingOptions blocking, CancellationToken cancellationToken) =>
        ReadAsync(state => CatalogReads.Instances(state, query), AreSame, blocking, cancellationToken);

    /// <inheritdoc cref="CatalogReads.Health"/>
    public Task<(IReadOnlyList<InstanceHealth> Value, ulong Index)> HealthAsync(
        ServiceQuery query, BlockingOptions blocking, CancellationToken cancellationToken) =>
        ReadAsync(state => CatalogReads.Health(state, query), AreSame, blocking, cancellationToken);

    /// <inheritdoc cref="CatalogReads.Node"/>
    public Task<(NodeServices? Value, ulong Index)> NodeAsync(string nameOrId, BlockingOptions blocking, CancellationToken cancellationToken) =>
        ReadAsync(
            state => CatalogReads.Node(state, nameOrId),
            static (one, other) => ReferenceEquals(one?.Node, other?.Node) && (one is null || AreSameRows(one.Services, other!.Services)),
            blocking,
            cancellationToken);

    /// <summary>Checks of some nodes (HLT-6).</summary>
    /// <param name="view">One of <see cref="CatalogReads"/>.</param>
    /// <param name="onNode">Which nodes count; null for all.</param>
    public Task<(IReadOnlyList<HealthCheck> Value, ulong Index)> ChecksAsync(
        Func<StateSnapshot, CatalogView<IReadOnlyList<HealthCheck>>> view,
        Func<CatalogNode?, bool>? onNode,
        BlockingOptions blocking,
        CancellationToken cancellationToken) => ListAsync(
        onNode is null ? view : state => OnNodes(state, view(state), onNode),
        blocking,
        cancellationToken);

    private static CatalogView<IReadOnlyList<HealthCheck>> OnNodes(
        StateSnapshot state, CatalogView<IReadOnlyList<HealthCheck>> found, Func<CatalogNode?, bool> onNode) =>
        found with { Value = [.. found.Value.Where(check => onNode(CatalogRows.FindNode(state, check.Node)))] };

    private Task<(IReadOnlyList<T> Value, ulong Index)> ListAsync<T>(
        Func<StateSnapshot, CatalogView<IReadOnlyList<T>>> view, BlockingOptions blocking, CancellationToken cancellationToken)
        where T : class =>
        ReadAsync(view, AreSameRows, blocking, cancellationToken);

    private Task<(T Value, ulong Index)> ReadAsync<T>(
        Func<StateSnapshot, CatalogView<T>> view, Func<T, T, bool> same, BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync(blocking, new CatalogRead<T>(view, same), cancellationToken);

    private static bool AreSame(IReadOnlyList<ServiceInstance> one, IReadOnlyList<ServiceInstance> other) => one.Count == other.Count
        && one.Zip(other).All(static pair => ReferenceEquals(pair.First.Node, pair.Second.Node) && ReferenceEquals(pair.First.Service, pair.Second.Service));

    private static bool AreSame(IReadOnlyList<InstanceHealth> one, IReadOnlyList<InstanceHealth> other) => one.Count == other.Count
        && one.Zip(other).All(static pair => ReferenceEquals(pair.First.Node, pair.Second.Node)
            && ReferenceEquals(pair.First.Service, pair.Second.Service) && AreSameRows(pair.First.Checks, pair.Second.Checks));

    private static bool AreSameRows<T>(IReadOnlyList<T> one, IReadOnlyList<T> other)
        where T : class => one.Count == other.Count && one.Zip(other).All(static pair => ReferenceEquals(pair.First, pair.Second));
}

/// <summary>What the catalog needs to know of the configuration.</summary>
/// <param name="Datacenter">Of all nodes in it.</param>
internal sealed record CatalogOptions(string Datacenter);
