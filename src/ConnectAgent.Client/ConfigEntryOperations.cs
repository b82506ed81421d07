using System.Text.Json;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Client;

/// <summary>Config entries: documents with a kind and a name that configure services. They are read and written as the agent's JSON.</summary>
public sealed class ConfigEntryOperations
{
    private const string Path = "/v1/config";
    private readonly ConnectTransport _transport;

    internal ConfigEntryOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Lists the entries of one kind.</summary>
    /// <param name="kind">Such as <c>service-defaults</c>.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<IReadOnlyList<JsonElement>> ListAsync(string kind, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get(PathOf(kind)), ApiJson.Default.IReadOnlyListJsonElement, cancellationToken);

    /// <summary>Follows the entries of one kind.</summary>
    /// <param name="kind">Such as <c>service-defaults</c>.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<IReadOnlyList<JsonElement>>> WatchAsync(string kind, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _transport.WatchAsync(() => ApiRequest.Get(PathOf(kind)), ApiJson.Default.IReadOnlyListJsonElement, options, cancellationToken);

    /// <summary>Reads one entry.</summary>
    /// <param name="kind">Such as <c>service-defaults</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>Null when there is none.</returns>
    public async Task<JsonElement?> FindAsync(string kind, string name, CancellationToken cancellationToken = default)
    {
        var found = await _transport.FindAsync(() => ApiRequest.Get(PathOf(kind, name)), ApiJson.Default.JsonDocument, cancellationToken);
        return found?.RootElement;
    }

    /// <summary>Writes an entry.</summary>
    /// <param name="entry">The whole of it, with <c>Kind</c> and <c>Name</c>.</param>
    /// <param name="modifyIndex">That of the entry that may be replaced, 0 for a new one; null: whatever is there.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <returns>False when another one is there.</returns>
    public Task<bool> WriteAsync(JsonElement entry, ulong? modifyIndex = null, CancellationToken cancellationToken = default) => _transport.ReadAsync(
        ConnectTransport.WithBody(() => ApiRequest.Put(Path).With("cas", Text(modifyIndex)), entry, ApiJson.Default.JsonElement), ApiJson.Default.Boolean, cancellationToken);

    /// <summary>Deletes an entry, if there is one.</summary>
    /// <param name="kind">Such as <c>service-defaults</c>.</param>
    /// <param name="name">Its name.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task DeleteAsync(string kind, string name, CancellationToken cancellationToken = default) =>
        _transport.WriteAsync(() => ApiRequest.Delete(PathOf(kind, name)), cancellationToken);

    private static string? Text(ulong? index) => index?.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private static string PathOf(string kind) => $"{Path}/{ApiRequest.Escape(kind)}";

    private static string PathOf(string kind, string name) => $"{Path}/{ApiRequest.Escape(kind)}/{ApiRequest.Escape(name)}";
}
