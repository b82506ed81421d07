using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>
/// A service's identity in the mesh: its leaf and the roots, always those of now. It stays as it is while no agent can be reached. Thread-safe. Those that are started with one
/// <see cref="ConnectClient"/> and name share their watches; each is disposed on its own.
/// </summary>
public sealed class ConnectIdentity : IAsyncDisposable
{
    private readonly IdentityFeed _feed;
    private int _isDisposed;

    private ConnectIdentity(IdentityFeed feed) => _feed = feed;

    /// <summary>The service.</summary>
    public string Service => _feed.Service;

    /// <summary>The SPIFFE ID of the current leaf.</summary>
    public ServiceId Id => Current.Id;

    /// <summary>What is shown and believed now. Ask for each connection anew.</summary>
    public ConnectCredential Current => _feed.Current;

    /// <summary>Why the credential may be older than it should be; null while the agent answers.</summary>
    public ConnectException? LastError => _feed.LastError;

    internal IdentityFeed Feed => _feed;

    /// <summary>Begins to hold a service's credential, and waits for the first one.</summary>
    /// <param name="client">Whose token needs <c>service:write</c> of the service.</param>
    /// <param name="service">The service's name, as it is registered.</param>
    /// <param name="options">How; null for the usual way.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <exception cref="ConnectException">The agent refused, or none could be reached in time and there is no fallback file.</exception>
    public static async Task<ConnectIdentity> StartAsync(
        ConnectClient client, string service, ConnectIdentityOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentException.ThrowIfNullOrEmpty(service);
        var identity = new ConnectIdentity(client.Share(service, options ?? new()));
        try
        {
            await identity._feed.ReadyAsync(cancellationToken);
            return identity;
        }
        catch
        {
            await identity.DisposeAsync();
            throw;
        }
    }

    /// <summary>Completes when <see cref="Current"/> is another one than was seen.</summary>
    /// <param name="seen">What the caller has.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task WhenChangedAsync(ConnectCredential seen, CancellationToken cancellationToken = default) => _feed.ChangedAsync(seen, cancellationToken);

    /// <summary>
    /// Verifies the client of a connection: one URI, a service's SPIFFE ID of the trust domain, validity period, key usage, and a chain to the current roots. Nothing is
    /// fetched, and no revocation is looked up: that is a part of the decision (<see cref="AuthorizeAsync"/>).
    /// </summary>
    /// <param name="certificate">The peer's; null when it showed none.</param>
    /// <param name="chain">What else it sent; null for nothing.</param>
    public PeerVerification VerifyPeer(X509Certificate2? certificate, X509Certificate2Collection? chain = null) =>
        PeerCertificate.Verify(certificate, chain, Current.Trust, isClient: true, _feed.Clock);

    /// <summary>Verifies the server of a connection in the same way, and that it is the service that was to be reached. Host names do not matter.</summary>
    /// <param name="expected">Who it must be.</param>
    /// <param name="certificate">The server's; null when it showed none.</param>
    /// <param name="chain">What else it sent; null for nothing.</param>
    public PeerVerification VerifyUpstream(ServiceId expected, X509Certificate2? certificate, X509Certificate2Collection? chain = null) =>
        Expect(expected, PeerCertificate.Verify(certificate, chain, Current.Trust, isClient: false, _feed.Clock));

    /// <summary>
    /// Options for the server's side of one handshake: the current leaf, a client certificate required and verified as by <see cref="VerifyPeer"/>. Make them for each
    /// connection; a later one has the leaf and the roots of then.
    /// </summary>
    /// <param name="verified">Is told who the peer is, or why the handshake is refused, while it goes on.</param>
    public SslServerAuthenticationOptions CreateServerOptions(Action<PeerVerification>? verified = null)
    {
        var current = Current;
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = current.Context,
            ClientCertificateRequired = true,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = current.Trust.Policy(_feed.Clock),
            RemoteCertificateValidationCallback = (_, shown, chain, _) => Tell(verified, Judge(current.Trust, shown, chain)),
            AllowRenegotiation = false,

            // A resumed session would be of a peer that was verified against the roots of another time.
            AllowTlsResume = false,
        };
    }

    /// <summary>Options for the client's side of one handshake: the current leaf, the server verified as by <see cref="VerifyUpstream"/>. Make them for each connection.</summary>
    /// <param name="expected">Who the server must be.</param>
    /// <param name="verified">Is told who the peer is, or why the handshake is refused, while it goes on.</param>
    public SslClientAuthenticationOptions CreateClientOptions(ServiceId expected, Action<PeerVerification>? verified = null)
    {
        ArgumentNullException.ThrowIfNull(expected);
        var current = Current;
        return new SslClientAuthenticationOptions
        {
            ClientCertificateContext = current.Context,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
            CertificateChainPolicy = current.Trust.Policy(_feed.Clock),
            TargetHost = $"{expected.Service}.{expected.Namespace}.{expected.Datacenter}.internal.{expected.Host}",
            RemoteCertificateValidationCallback = (_, shown, chain, _) => Tell(verified, Expect(expected, Judge(current.Trust, shown, chain))),
            AllowRenegotiation = false,
            AllowTlsResume = false,
        };
    }

    /// <summary>Asks the agent whether a verified peer may connect to this service.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ConnectException">The agent refused to say, or none answered: then the peer may not connect.</exception>
    public Task<Decision> AuthorizeAsync(PeerIdentity peer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _feed.Client.Connect.AuthorizeAsync(Service, peer.Uri, peer.SerialNumber, cancellationToken);
    }

    /// <summary>Asks the agent whether a verified peer may make an HTTP request of this service.</summary>
    /// <param name="peer">The peer.</param>
    /// <param name="method">The method of the request.</param>
    /// <param name="path">Its target as the peer sent it, with or without the query.</param>
    /// <param name="headers">Its headers; a name that comes again was sent again.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    /// <exception cref="ConnectException">The agent refused to say, or none answered: then the request may not be made.</exception>
    public Task<Decision> AuthorizeHttpAsync(
        PeerIdentity peer,
        string method,
        string path,
        IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> headers,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _feed.Client.Connect.AuthorizeHttpAsync(Service, peer.Uri, peer.SerialNumber, method, path, headers, cancellationToken);
    }

    /// <summary>
    /// Asks the agent whether a verified peer may connect, and goes on asking whenever intentions, revocations or roots have changed. Dispose the watch with the connection.
    /// </summary>
    /// <param name="peer">The peer.</param>
    /// <param name="cancellationToken">Ends the first question.</param>
    /// <exception cref="ConnectException">The agent refused to say, or none answered: then the peer may not connect.</exception>
    public Task<DecisionWatch> WatchAsync(PeerIdentity peer, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(peer);
        return _feed.Decisions.WatchAsync(peer, cancellationToken);
    }

    /// <summary>Gives the identity back; with the last of those that share it the watches end.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0)
        {
            await _feed.LeaveAsync();
        }
    }

    private static PeerVerification Expect(ServiceId expected, PeerVerification found) =>
        !found.IsTrusted || IsSame(expected, found.Peer.Id) ? found : new(PeerRefusal.OtherService, $"the peer is {found.Peer} and not {expected}");

    // Trust domains and datacenters are without letter case (CERT-5); the trust domain was compared with our own already.
    private static bool IsSame(ServiceId expected, ServiceId found) =>
        found.Service == expected.Service && found.Namespace == expected.Namespace && found.IsInTrustDomain(expected.Host)
            && string.Equals(found.Partition, expected.Partition, StringComparison.OrdinalIgnoreCase)
            && string.Equals(found.Datacenter, expected.Datacenter, StringComparison.OrdinalIgnoreCase);

    private static bool Tell(Action<PeerVerification>? verified, PeerVerification found)
    {
        verified?.Invoke(found);
        return found.IsTrusted;
    }

    private PeerVerification Judge(TrustBundle trust, X509Certificate? shown, X509Chain? chain) => shown is X509Certificate2 certificate && chain is not null
        ? PeerCertificate.Judge(certificate, chain, trust, _feed.Clock)
        : PeerCertificate.NoCertificate();
}
