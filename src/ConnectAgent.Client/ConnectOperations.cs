using ConnectAgent.Client.Api;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>Roots, leaves, decisions and revocations, as the agent answers them.</summary>
public sealed class ConnectOperations
{
    internal const string RootsPath = "/v1/agent/connect/ca/roots";
    internal const string RevokedPath = "/v1/connect/ca/revoked";
    private const string ConfigurationPath = "/v1/connect/ca/configuration";
    private readonly ConnectTransport _transport;

    internal ConnectOperations(ConnectTransport transport) => _transport = transport;

    /// <summary>Reads the trusted roots.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<CaRoots> RootsAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get(RootsPath), ApiJson.Default.CaRoots, cancellationToken);

    /// <summary>Follows the trusted roots.</summary>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<CaRoots>> WatchRootsAsync(WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _transport.WatchAsync(static () => ApiRequest.Get(RootsPath), ApiJson.Default.CaRoots, options, cancellationToken);

    /// <summary>Reads a service's certificate and key; the agent makes one when it has none. Needs <c>service:write</c>.</summary>
    /// <param name="service">The service.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<LeafCertificate> LeafAsync(string service, CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(() => ApiRequest.Get(LeafPath(service)), ApiJson.Default.LeafCertificate, cancellationToken);

    /// <summary>Follows a service's certificate and key: the agent renews them in time.</summary>
    /// <param name="service">The service.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the watch.</param>
    public IAsyncEnumerable<Watched<LeafCertificate>> WatchLeafAsync(string service, WatchOptions? options = null, CancellationToken cancellationToken = default) =>
        _transport.WatchAsync(() => ApiRequest.Get(LeafPath(service)), ApiJson.Default.LeafCertificate, options, cancellationToken);

    /// <summary>Asks whether a peer may connect to a service. Needs <c>service:write</c> of the service.</summary>
    /// <param name="target">The service that is connected to.</param>
    /// <param name="clientCertUri">The SPIFFE ID in the peer's certificate, as it stands there.</param>
    /// <param name="clientCertSerial">The certificate's serial in hex; empty when it is not known, and then a revoked one is not found out.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Decision> AuthorizeAsync(string target, string clientCertUri, string clientCertSerial, CancellationToken cancellationToken = default)
    {
        var body = new AuthorizeBody(target, clientCertUri, clientCertSerial);
        return _transport.ReadAsync(
            ConnectTransport.WithBody(static () => ApiRequest.Post("/v1/agent/connect/authorize"), body, ApiJson.Default.AuthorizeBody), ApiJson.Default.Decision, cancellationToken);
    }

    /// <summary>Asks whether a peer may make an HTTP request of a service: where intentions have permissions, these decide. An agent of Consul's has no such endpoint: 404.</summary>
    /// <param name="target">The service that is connected to.</param>
    /// <param name="clientCertUri">The SPIFFE ID in the peer's certificate, as it stands there.</param>
    /// <param name="clientCertSerial">The certificate's serial in hex.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="path">Its target as the peer sent it, with or without the query.</param>
    /// <param name="headers">Its headers; a name that comes again was sent again.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<Decision> AuthorizeHttpAsync(
        string target,
        string clientCertUri,
        string clientCertSerial,
        string method,
        string path,
        IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> headers,
        CancellationToken cancellationToken = default)
    {
        var sent = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal);
        foreach (var (name, values) in headers)
        {
            sent[name] = sent.TryGetValue(name, out var former) ? [.. former, .. values] : values;
        }

        var body = new AuthorizeHttpBody(target, clientCertUri, clientCertSerial, method, path, sent);
        return _transport.ReadAsync(
            ConnectTransport.WithBody(static () => ApiRequest.Post("/v1/agent/connect/authorize/http"), body, ApiJson.Default.AuthorizeHttpBody),
            ApiJson.Default.Decision,
            cancellationToken);
    }

    /// <summary>Reads what is revoked. An agent of Consul's has no such list: 404.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RevocationList> RevokedAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get(RevokedPath), ApiJson.Default.RevocationList, cancellationToken);

    /// <summary>Revokes one certificate. Needs <c>operator:write</c>. An agent of Consul's cannot: 404.</summary>
    /// <param name="serialNumber">The certificate's serial in hex.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RevocationEntry> RevokeAsync(string serialNumber, CancellationToken cancellationToken = default) =>
        RevokeAsync(new RevokeBody { SerialNumber = serialNumber }, cancellationToken);

    /// <summary>Revokes all certificates of an identity that were signed until now. Needs <c>operator:write</c>. An agent of Consul's cannot: 404.</summary>
    /// <param name="identity">Its SPIFFE ID.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<RevocationEntry> RevokeAsync(SpiffeId identity, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        return RevokeAsync(new RevokeBody { SpiffeId = identity.ToString() }, cancellationToken);
    }

    /// <summary>Reads the CA's provider and its options. Needs <c>operator:write</c>.</summary>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task<CaConfiguration> ConfigurationAsync(CancellationToken cancellationToken = default) =>
        _transport.ReadAsync(static () => ApiRequest.Get(ConfigurationPath), ApiJson.Default.CaConfiguration, cancellationToken);

    /// <summary>Replaces the CA's provider and its options; the root may rotate. Needs <c>operator:write</c>.</summary>
    /// <param name="configuration">The whole of it; its <see cref="CaConfiguration.ModifyIndex"/> must be that of what is replaced, or 0.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public Task ConfigureAsync(CaConfiguration configuration, CancellationToken cancellationToken = default) => _transport.WriteAsync(
        ConnectTransport.WithBody(static () => ApiRequest.Put(ConfigurationPath), configuration, ApiJson.Default.CaConfiguration), cancellationToken);

    private Task<RevocationEntry> RevokeAsync(RevokeBody body, CancellationToken cancellationToken) => _transport.ReadAsync(
        ConnectTransport.WithBody(static () => ApiRequest.Put("/v1/connect/ca/revoke"), body, ApiJson.Default.RevokeBody), ApiJson.Default.RevocationEntry, cancellationToken);

    internal static string LeafPath(string service)
    {
        ArgumentException.ThrowIfNullOrEmpty(service);
        return "/v1/agent/connect/ca/leaf/" + ApiRequest.Escape(service);
    }
}
