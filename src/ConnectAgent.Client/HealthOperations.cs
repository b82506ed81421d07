using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>Where services are reached, and how they are.</summary>
public sealed class HealthOperations
{
    private readonly ConnectTransport _transport;

    internal HealthOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Lists the instances of a service.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="query">Which of them; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<HealthEntry>> ServiceAsync(string service, ServiceQuery? query = null, CancellationToken cancellationToken = default) =>
        ReadAsync("service", service, query, cancellationToken);

    /// <summary>Follows the instances of a service.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="query">Which of them; null for all.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<IReadOnlyList<HealthEntry>>> WatchServiceAsync(
        string service, ServiceQuery? query = null, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        WatchAsync("service", service, query, options, cancellationToken);

    /// <summary>Lists where a service is reached in the mesh: its proxies and native instances.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="query">Which of them; null for all.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<HealthEntry>> ConnectAsync(string service, ServiceQuery? query = null, CancellationToken cancellationToken = default) =>
        ReadAsync("connect", service, query, cancellationToken);

    /// <summary>Follows where a service is reached in the mesh.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="query">Which of them; null for all.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<IReadOnlyList<HealthEntry>>> WatchConnectAsync(
        string service, ServiceQuery? query = null, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        WatchAsync("connect", service, query, options, cancellationToken);

    /// <summary>Lists the checks of a service's instances.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<CheckEntry>> ChecksAsync(string service, CancellationToken cancellationToken = default) =>
        ChecksAsync("checks", service, cancellationToken);

    /// <summary>Lists the checks of a node and its services.</summary>
    /// <param name="node">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<CheckEntry>> NodeAsync(string node, CancellationToken cancellationToken = default) => ChecksAsync("node", node, cancellationToken);

    /// <summary>Lists the checks that are in a state.</summary>
    /// <param name="state"><c>passing</c>, <c>warning</c>, <c>critical</c> or <c>any</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<CheckEntry>> StateAsync(string state, CancellationToken cancellationToken = default) => ChecksAsync("state", state, cancellationToken);

    private Task<IReadOnlyList<CheckEntry>> ChecksAsync(string what, string name, CancellationToken cancellationToken) =>
        _transport.ReadAsync(() => ApiRequest.Get(PathOf(what, name)), ApiJson.Default.IReadOnlyListCheckEntry, cancellationToken);

    private Task<IReadOnlyList<HealthEntry>> ReadAsync(string what, string service, ServiceQuery? query, CancellationToken cancellationToken) =>
        _transport.ReadAsync(() => ServiceQuery.Apply(query, ApiRequest.Get(PathOf(what, service))), ApiJson.Default.IReadOnlyListHealthEntry, cancellationToken);

    private IAsyncEnumerable<Watched<IReadOnlyList<HealthEntry>>> WatchAsync(
        string what, string service, ServiceQuery? query, WatchOptions? options, CancellationToken cancellationToken) =>
        _transport.WatchAsync(() => ServiceQuery.Apply(query, ApiRequest.Get(PathOf(what, service))), ApiJson.Default.IReadOnlyListHealthEntry, options, cancellationToken);

    private static string PathOf(string what, string name) => $"/v1/health/{what}/{ApiRequest.Escape(name)}";
}
