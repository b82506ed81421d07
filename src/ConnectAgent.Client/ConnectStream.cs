using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;

namespace ConnectAgent.Client;

/// <summary>A connection of the mesh: TLS in both directions, and a peer whose SPIFFE ID was verified. Dispose it when done.</summary>
public sealed class ConnectStream : IAsyncDisposable
{
    private static readonly TimeSpan AcceptTime = TimeSpan.FromSeconds(10);
    private readonly Stream _transport;
    private readonly DecisionWatch? _watch;
    private readonly CancellationTokenRegistration _ending;

    private ConnectStream(SslStream stream, Stream transport, PeerIdentity peer, DecisionWatch? watch)
    {
        (Stream, _transport, Peer, _watch) = (stream, transport, peer, watch);

        // Nothing is to be said to a peer that is not allowed any more.
        _ending = watch?.Denied.Register(static state => ((Stream)state!).Dispose(), transport) ?? default;
    }

    /// <summary>What is sent and received.</summary>
    public SslStream Stream { get; }

    /// <summary>Who the peer is.</summary>
    public PeerIdentity Peer { get; }

    /// <summary>Cancelled when the connection of an accepted peer was ended because it is not allowed any more; never for one that was made by <see cref="ConnectAsync(ConnectIdentity, string, CancellationToken)"/>.</summary>
    public CancellationToken Denied => _watch?.Denied ?? CancellationToken.None;

    /// <summary>Connects to a healthy instance of a service.</summary>
    /// <param name="identity">Who connects.</param>
    /// <param name="upstream">The service's name.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectException">No instance is known, or none that was tried could be reached and is the service.</exception>
    public static Task<ConnectStream> ConnectAsync(ConnectIdentity identity, string upstream, CancellationToken cancellationToken = default) =>
        ConnectAsync(identity, new UpstreamOptions { Service = upstream }, cancellationToken);

    /// <summary>Connects to a healthy instance of a service: the instances take turns, and where one fails the next is tried.</summary>
    /// <param name="identity">Who connects.</param>
    /// <param name="upstream">The service, and how long is tried.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectException">No instance is known, or none that was tried could be reached and is the service.</exception>
    public static async Task<ConnectStream> ConnectAsync(ConnectIdentity identity, UpstreamOptions upstream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(upstream);
        var instances = await identity.Feed.Upstreams.ResolveAsync(upstream.Service, upstream.Datacenter, cancellationToken);
        Exception? last = null;
        foreach (var instance in instances.Take(Math.Max(1, upstream.Attempts)))
        {
            try
            {
                return await ConnectAsync(identity, instance, upstream, cancellationToken);
            }
            catch (Exception error) when (IsFailure(error, cancellationToken))
            {
                last = error;
                identity.Feed.Logger.InstanceFailed(upstream.Service, instance.EndPoint.ToString() ?? instance.Host, error.Message);
            }
        }

        throw new ConnectException($"no instance of {upstream.Service} could be reached: {last!.Message}", 0, last);
    }

    /// <summary>Connects to one instance, and to no other.</summary>
    /// <param name="identity">Who connects.</param>
    /// <param name="instance">The instance, and who it must be.</param>
    /// <param name="upstream">How long is tried.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectException">The peer is not who it must be, or there was no answer in time.</exception>
    /// <exception cref="SocketException">It cannot be reached.</exception>
    /// <exception cref="IOException">The connection broke in the handshake.</exception>
    /// <exception cref="AuthenticationException">The handshake failed, for instance because the peer does not accept our certificate.</exception>
    public static async Task<ConnectStream> ConnectAsync(
        ConnectIdentity identity, UpstreamInstance instance, UpstreamOptions upstream, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(instance);
        ArgumentNullException.ThrowIfNull(upstream);
        var clock = identity.Feed.Clock;
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var transport = default(NetworkStream);
        try
        {
            await InTimeAsync(
                cancelled => socket.ConnectAsync(instance.EndPoint, cancelled).AsTask(), upstream.ConnectTimeout, clock, "the connection was not accepted", cancellationToken);
            transport = new NetworkStream(socket, ownsSocket: true);
            PeerVerification? found = null;
            var options = identity.CreateClientOptions(instance.IdIn(identity.Current.TrustDomain), verification => found = verification);
            options.ApplicationProtocols = upstream.ApplicationProtocols.Count == 0 ? null : [.. upstream.ApplicationProtocols];
            var stream = new SslStream(transport, leaveInnerStreamOpen: false);
            await HandshakeAsync(cancelled => stream.AuthenticateAsClientAsync(options, cancelled), () => found, upstream.HandshakeTimeout, clock, cancellationToken);
            return new ConnectStream(stream, transport, found!.Peer!, null);
        }
        catch
        {
            transport?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Accepts a connection: see the overload that takes a stream.</summary>
    /// <param name="identity">Who accepts.</param>
    /// <param name="socket">Connected; it belongs to what is returned, and is closed when the peer is refused.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectException">The peer was refused, or the agent could not be asked.</exception>
    public static Task<ConnectStream> AcceptAsync(ConnectIdentity identity, Socket socket, CancellationToken cancellationToken = default) =>
        AcceptAsync(identity, new NetworkStream(socket, ownsSocket: true), cancellationToken);

    /// <summary>
    /// Accepts a connection: handshake with a client certificate, its verification, and the agent's decision. When the decision later turns to deny, the connection is ended.
    /// </summary>
    /// <param name="identity">Who accepts.</param>
    /// <param name="transport">Connected; it belongs to what is returned, and is closed when the peer is refused.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <exception cref="ConnectException">The peer was refused, or the agent could not be asked.</exception>
    /// <exception cref="IOException">The connection broke in the handshake.</exception>
    /// <exception cref="AuthenticationException">The handshake failed.</exception>
    public static async Task<ConnectStream> AcceptAsync(ConnectIdentity identity, Stream transport, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(transport);
        DecisionWatch? watch = null;
        try
        {
            PeerVerification? found = null;
            var options = identity.CreateServerOptions(verification => found = verification);
            var stream = new SslStream(transport, leaveInnerStreamOpen: false);
            await HandshakeAsync(cancelled => stream.AuthenticateAsServerAsync(options, cancelled), () => found, AcceptTime, identity.Feed.Clock, cancellationToken);
            watch = await identity.WatchAsync(found!.Peer!, cancellationToken);
            return watch.Decision.Authorized
                ? new ConnectStream(stream, transport, found.Peer!, watch)
                : throw new ConnectException($"{found.Peer} may not connect: {watch.Decision.Reason}", 403);
        }
        catch
        {
            watch?.Dispose();
            await transport.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _ending.DisposeAsync();
        _watch?.Dispose();
        await Stream.DisposeAsync();
        await _transport.DisposeAsync();
    }

    private static bool IsFailure(Exception error, CancellationToken cancellationToken) =>
        error is SocketException or IOException or AuthenticationException or ConnectException && !cancellationToken.IsCancellationRequested;

    private static async Task HandshakeAsync(
        Func<CancellationToken, Task> handshake, Func<PeerVerification?> found, TimeSpan limit, TimeProvider clock, CancellationToken cancellationToken)
    {
        try
        {
            await InTimeAsync(handshake, limit, clock, "the handshake took too long", cancellationToken);
        }
        catch (AuthenticationException error) when (found() is { IsTrusted: false } refused)
        {
            throw new ConnectException(refused.Reason, 0, error);
        }
    }

    private static async Task InTimeAsync(
        Func<CancellationToken, Task> step, TimeSpan limit, TimeProvider clock, string late, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(limit, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            await step(either.Token);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new ConnectException(FormattableString.Invariant($"{late}: {limit.TotalSeconds} s"));
        }
    }
}
