using System.Net;
using System.Net.Sockets;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;

namespace ConnectAgent.Hosting;

/// <summary>Where the daemon listens: HTTP and HTTPS over TCP, HTTP over Unix sockets (http-conventions section 1).</summary>
internal static class Listeners
{
    private const int KeepAliveSeconds = 30;

    public static void Add(KestrelServerOptions kestrel, AgentConfiguration configuration, CurrentConfiguration current, HttpsListener https)
    {
        kestrel.AddServerHeader = false;
        kestrel.AllowSynchronousIO = false;
        ListenerLimits.Apply(kestrel.Limits, configuration.MaxHeaderBytes);
        RefusedRequests.Watch(kestrel.ApplicationServices);
        var limit = new ConnectionLimit(
            () => current.Value.MaxConnectionsPerClient, kestrel.ApplicationServices.GetRequiredService<LimitMetrics>());
        var heads = new LargeHeads(
            kestrel.ApplicationServices.GetRequiredService<LargeRequests>(), kestrel.ApplicationServices.GetRequiredService<LimitMetrics>());
        foreach (var unix in configuration.HttpListeners.OfType<UnixListenAddress>())
        {
            RemoveStale(unix.Path, kestrel.ApplicationServices.GetRequiredService<ILogger<SignalLifetime>>());
            kestrel.ListenUnixSocket(unix.Path, options =>
            {
                options.Protocols = HttpProtocols.Http1;
                options.Use(heads.Guard);
            });
        }

        foreach (var tcp in configuration.HttpListeners.OfType<TcpListenAddress>())
        {
            kestrel.Listen(new IPEndPoint(tcp.Address, tcp.Port), options =>
            {
                options.Protocols = HttpProtocols.Http1;
                options.Use(limit.Guard);
                options.Use(heads.Guard);
            });
        }

        if (configuration.HttpsListeners.Count > 0)
        {
            https.Use(HttpsListener.Read(configuration.Tls));
        }

        foreach (var tcp in configuration.HttpsListeners.OfType<TcpListenAddress>())
        {
            kestrel.Listen(new IPEndPoint(tcp.Address, tcp.Port), options =>
            {
                options.Protocols = HttpProtocols.Http1AndHttp2;
                options.Use(limit.Guard);
                options.UseHttps(https.OptionsOf(configuration.Tls.HandshakeTimeout));
                options.Use(new FirstByte(configuration.Tls.HandshakeTimeout, kestrel.ApplicationServices.GetRequiredService<TimeProvider>()).Guard);
                options.Use(heads.Guard);
            });
        }
    }

    // Nobody can connect before the socket listens, which is after this.
    public static Socket Bind(EndPoint endpoint, AgentConfiguration configuration)
    {
        Socket socket;
        try
        {
            socket = SocketTransportOptions.CreateDefaultBoundListenSocket(endpoint);
        }
        catch (SocketException error)
        {
            throw StartFailure.Listening(endpoint.ToString()!, RemedyOf(endpoint, configuration), error);
        }

        if (endpoint is IPEndPoint)
        {
            // LIS-4; what is accepted inherits it.
            socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, optionValue: true);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, KeepAliveSeconds);
            socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, KeepAliveSeconds);
        }

        if (configuration.HttpListeners.OfType<UnixListenAddress>().FirstOrDefault(unix => unix.Path == endpoint.ToString()) is { } unix)
        {
            File.SetUnixFileMode(unix.Path, configuration.SocketMode);
        }

        return socket;
    }

    private static string RemedyOf(EndPoint endpoint, AgentConfiguration configuration) => endpoint switch
    {
        IPEndPoint tcp when configuration.HttpsListeners.OfType<TcpListenAddress>().Any(https => https.Port == tcp.Port) =>
            "choose another port with -https-port or ports.https, another address with client_addr or addresses.https",
        IPEndPoint => "choose another port with -http-port or ports.http, another address with client_addr or addresses.http",
        _ => "choose another path with addresses.http",
    };

    // LIS-2: a file that is left over goes; a socket that somebody serves stays.
    private static void RemoveStale(string path, Microsoft.Extensions.Logging.ILogger logger)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException)
        {
            logger.StaleRemoved(path);
            File.Delete(path);
            return;
        }

        throw new IOException($"listen unix {path}: bind: address already in use");
    }
}
