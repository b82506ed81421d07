using System.Text.Json;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>The agent itself, the services that are registered with it, and their checks.</summary>
public sealed class AgentOperations
{
    private readonly ConnectTransport _transport;

    internal AgentOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Reads what the agent says about itself: <c>Config</c>, <c>Member</c> and more.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<JsonElement> SelfAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get("/v1/agent/self"), ApiJson.Default.JsonElement, cancellationToken);

    /// <summary>Lists the services by ID.</summary>
    /// <param name="filter">A filter expression; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyDictionary<string, ServiceEntry>> ServicesAsync(string? filter = null, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get("/v1/agent/services").With("filter", filter), ApiJson.Default.IReadOnlyDictionaryStringServiceEntry, cancellationToken);

    /// <summary>Reads one service.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Null when there is none.</returns>
    public Task<ServiceEntry?> ServiceAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.FindAsync(() => ApiRequest.Get("/v1/agent/service/" + ApiRequest.Escape(id)), ApiJson.Default.ServiceEntry, cancellationToken);

    /// <summary>Follows one service. While there is none the watch fails (404) and goes on.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<ServiceEntry>> WatchServiceAsync(string id, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _transport.WatchAsync(() => ApiRequest.Get("/v1/agent/service/" + ApiRequest.Escape(id)), ApiJson.Default.ServiceEntry, options, cancellationToken);

    /// <summary>Registers a service, or changes it. Needs <c>service:write</c>.</summary>
    /// <param name="registration">The whole of it.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task RegisterAsync(ServiceRegistration registration, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(
            static () => ApiRequest.Put("/v1/agent/service/register").With("replace-existing-checks", "true"), registration, ApiJson.Default.ServiceRegistration),
        cancellationToken);

    /// <summary>Takes a service away, with its sidecar and its checks.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeregisterAsync(string id, CancellationToken cancellationToken = default) =>
        _transport.WriteAsync(() => ApiRequest.Put("/v1/agent/service/deregister/" + ApiRequest.Escape(id)), cancellationToken);

    /// <summary>Puts a service into maintenance, in which nobody is sent to it, or out of it.</summary>
    /// <param name="id">Its ID.</param>
    /// <param name="isEnabled">Whether it is in maintenance.</param>
    /// <param name="reason">Why; null for nothing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task MaintainAsync(string id, bool isEnabled, string? reason = null, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        () => ApiRequest.Put("/v1/agent/service/maintenance/" + ApiRequest.Escape(id)).With("enable", isEnabled ? "true" : "false").With("reason", reason), cancellationToken);

    /// <summary>Lists the checks by ID.</summary>
    /// <param name="filter">A filter expression; null for none.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyDictionary<string, CheckEntry>> ChecksAsync(string? filter = null, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get("/v1/agent/checks").With("filter", filter), ApiJson.Default.IReadOnlyDictionaryStringCheckEntry, cancellationToken);

    /// <summary>Says how a check with a time to live is. It must be said again before that time is over.</summary>
    /// <param name="checkId">Its ID.</param>
    /// <param name="status"><c>passing</c>, <c>warning</c> or <c>critical</c>.</param>
    /// <param name="output">Why; null for nothing.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task UpdateCheckAsync(string checkId, string status, string? output = null, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(
            () => ApiRequest.Put("/v1/agent/check/update/" + ApiRequest.Escape(checkId)), new CheckState(status, output ?? string.Empty), ApiJson.Default.CheckState),
        cancellationToken);
}
