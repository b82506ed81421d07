using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using ConnectAgent.Client;

namespace ConnectAgent.Proxy.Mesh;

/// <summary>The mesh as one service sees it: who it is itself, whom it believes, what is decided; all of it from the library. What fails is told in the words of the proxy.</summary>
internal sealed class ServiceMesh : IAsyncDisposable
{
    private readonly ConnectIdentity _identity;
    private readonly TrustWatch _trust;

    private ServiceMesh(ConnectClient client, ConnectIdentity identity)
    {
        (_identity, _trust) = (identity, new TrustWatch(identity));
        Upstreams = new UpstreamResolver(client, identity);
    }

    /// <summary>The SPIFFE ID of this proxy.</summary>
    public string Uri => _identity.Id.ToString();

    /// <summary>The common names of the current roots.</summary>
    public IEnumerable<string> Roots => _identity.Current.Roots.Select(static root => root.GetNameInfo(X509NameType.SimpleName, forIssuer: false));

    /// <summary>Where upstreams are.</summary>
    public UpstreamResolver Upstreams { get; }

    /// <summary>Waits for the first leaf and the first roots.</summary>
    /// <exception cref="ConnectException">The agent refuses.</exception>
    public static async Task<ServiceMesh> StartAsync(ConnectClient client, string service, TimeSpan longest, CancellationToken cancellationToken) =>
        new(client, await ConnectIdentity.StartAsync(client, service, new ConnectIdentityOptions { StartTimeout = longest }, cancellationToken));

    /// <summary>The server's half of a handshake: a certificate that leads to the current roots is required, and names one service.</summary>
    /// <param name="transport">Owned by the answer, and by this on failure.</param>
    /// <param name="protocols">Of ALPN; empty for none.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="MeshException">The peer is not to be trusted, or there was no handshake.</exception>
    public Task<MeshStream> AcceptAsync(Stream transport, List<SslApplicationProtocol> protocols, CancellationToken cancellationToken) =>
        HandshakeAsync(transport, (stream, verified) =>
        {
            var options = _identity.CreateServerOptions(verified);
            options.ApplicationProtocols = protocols.Count > 0 ? protocols : null;
            return stream.AuthenticateAsServerAsync(options, cancellationToken);
        });

    /// <summary>The client's half: the instance must be the service that it should be; its host name says nothing.</summary>
    /// <param name="transport">Owned by the answer, and by this on failure.</param>
    /// <param name="instance">Who must answer.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="MeshException">It is somebody else, or there was no handshake.</exception>
    public Task<MeshStream> ConnectAsync(Stream transport, UpstreamInstance instance, CancellationToken cancellationToken) =>
        HandshakeAsync(transport, (stream, verified) =>
            stream.AuthenticateAsClientAsync(_identity.CreateClientOptions(instance.IdIn(_identity.Current.TrustDomain), verified), cancellationToken));

    /// <summary>Whether a peer may connect to this service; the answer is kept up to date until it is disposed.</summary>
    /// <exception cref="MeshException">It may not, or nobody can say.</exception>
    public Task<DecisionWatch> AuthorizeAsync(PeerIdentity peer, CancellationToken cancellationToken) => DecideAsync(async () =>
    {
        var watch = await _identity.WatchAsync(peer, cancellationToken);
        return watch.Decision.Authorized ? watch : throw new MeshException(EndReason.Denied, watch.Decision.Reason);
    });

    /// <summary>Whether a peer may make a request.</summary>
    /// <exception cref="MeshException">Nobody can say.</exception>
    public Task<Decision> AuthorizeAsync(
        PeerIdentity peer, string method, string path, IEnumerable<KeyValuePair<string, IReadOnlyList<string>>> headers, CancellationToken cancellationToken) =>
        DecideAsync(() => _identity.AuthorizeHttpAsync(peer, method, path, headers, cancellationToken));

    /// <summary>Tells once when the certificate of a peer does not lead to a current root any more.</summary>
    /// <returns>Ends the watch.</returns>
    public IDisposable WatchTrust(PeerIdentity peer, Action distrusted) => _trust.Add(peer, distrusted);

    public async ValueTask DisposeAsync()
    {
        await _trust.DisposeAsync();
        await _identity.DisposeAsync();
    }

    private static async Task<MeshStream> HandshakeAsync(Stream transport, Func<SslStream, Action<PeerVerification>, Task> handshake)
    {
        PeerVerification? found = null;
        var stream = new SslStream(transport, leaveInnerStreamOpen: false);
        try
        {
            await handshake(stream, verification => found = verification);
            return new MeshStream(stream, found!.Peer!);
        }
        catch (Exception error)
        {
            await stream.DisposeAsync();
            throw error switch
            {
                _ when found is { IsTrusted: false } => new MeshException(EndReason.Untrusted, found.Reason, error),
                OperationCanceledException => new MeshException(EndReason.Handshake, "the handshake took too long", error),
                System.Security.Authentication.AuthenticationException or IOException or CryptographicException or ObjectDisposedException or InvalidOperationException =>
                    new MeshException(EndReason.Handshake, (error.InnerException ?? error).Message, error),
                _ => error,
            };
        }
    }

    private static async Task<T> DecideAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (ConnectException error)
        {
            throw new MeshException(EndReason.Undecided, error.Message, error);
        }
    }
}
