using System.Text.Json;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>Nodes and services of a datacenter, whatever their health.</summary>
public sealed class CatalogOperations
{
    private readonly ConnectTransport _transport;

    internal CatalogOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Lists the datacenters, the nearest first.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<string>> DatacentersAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get("/v1/catalog/datacenters"), ApiJson.Default.IReadOnlyListString, cancellationToken);

    /// <summary>Lists the nodes.</summary>
    /// <param name="filter">A filter expression; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<NodeEntry>> NodesAsync(string? filter = null, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get("/v1/catalog/nodes").With("filter", filter), ApiJson.Default.IReadOnlyListNodeEntry, cancellationToken);

    /// <summary>Lists the services with their tags.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyDictionary<string, IReadOnlyList<string>>> ServicesAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(Services, ApiJson.Default.IReadOnlyDictionaryStringIReadOnlyListString, cancellationToken);

    /// <summary>Follows the services with their tags.</summary>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<IReadOnlyDictionary<string, IReadOnlyList<string>>>> WatchServicesAsync(
        WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _transport.WatchAsync(Services, ApiJson.Default.IReadOnlyDictionaryStringIReadOnlyListString, options, cancellationToken);

    /// <summary>Lists the instances of a service.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="query">Which of them; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<CatalogEntry>> ServiceAsync(string service, ServiceQuery? query = null, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(
            () => ServiceQuery.Apply(query, ApiRequest.Get("/v1/catalog/service/" + ApiRequest.Escape(service))), ApiJson.Default.IReadOnlyListCatalogEntry, cancellationToken);

    /// <summary>Puts a node, a service or a check into the catalog, for what has no agent. What has one is registered there (<see cref="AgentOperations"/>).</summary>
    /// <param name="registration">As the agent takes it: <c>Node</c>, <c>Address</c>, <c>Service</c>, <c>Check</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task RegisterAsync(JsonElement registration, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(static () => ApiRequest.Put("/v1/catalog/register"), registration, ApiJson.Default.JsonElement), cancellationToken);

    /// <summary>Takes a node, or one of its services, out of the catalog.</summary>
    /// <param name="node">The node.</param>
    /// <param name="serviceId">The service's ID; null: the node, with all that is on it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeregisterAsync(string node, string? serviceId = null, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(static () => ApiRequest.Put("/v1/catalog/deregister"), new CatalogRemoval(node, serviceId), ApiJson.Default.CatalogRemoval), cancellationToken);

    private static ApiRequest Services() => ApiRequest.Get("/v1/catalog/services");
}
