using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using ConnectAgent.Testing;

namespace ConnectAgent.Benchmarks.Load;

/// <summary>Requests over kept TLS connections, one after the other on each; the answers are all of one length.</summary>
internal sealed class TlsLoadClient : IAsyncDisposable
{
    private static readonly byte[] Request = "GET / HTTP/1.1\r\nHost: db\r\n\r\n"u8.ToArray();
    private readonly SslStream[] _connections;
    private int _length;

    private TlsLoadClient(SslStream[] connections) => _connections = connections;

    /// <summary>Opens the connections, with a client certificate.</summary>
    public static async Task<TlsLoadClient> OpenAsync(int port, TestLeaf leaf, int connections)
    {
        var context = SslStreamCertificateContext.Create(leaf.Certificate, leaf.Intermediates, offline: true);
        var client = new TlsLoadClient(new SslStream[connections]);
        for (var i = 0; i < connections; i++)
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
            }
            catch
            {
                socket.Dispose();
                throw;
            }

            client._connections[i] = new SslStream(new NetworkStream(socket, ownsSocket: true));
            await client._connections[i].AuthenticateAsClientAsync(new SslClientAuthenticationOptions
            {
                TargetHost = "db",
                ClientCertificateContext = context,
#pragma warning disable CA5359 // What is shown is not what is measured.
                RemoteCertificateValidationCallback = static (_, _, _, _) => true,
#pragma warning restore CA5359
            });
        }

        client._length = await FirstAsync(client._connections[0]);
        return client;
    }

    /// <summary>Asks for a while.</summary>
    public async Task<LoadResult> RunAsync(TimeSpan time)
    {
        var watch = Stopwatch.StartNew();
        var all = await Task.WhenAll(_connections.Select(connection => Task.Run(() => AskAsync(connection, watch, time))));
        var took = watch.Elapsed.TotalSeconds;
        var latencies = new LatencyHistogram();
        foreach (var latency in all.SelectMany(static one => one))
        {
            latencies.Add(latency);
        }

        return new LoadResult(
            latencies.Count / took, latencies.Percentile(50), latencies.Percentile(90), latencies.Percentile(99), latencies.Percentile(99.9), Errors: 0);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var connection in _connections)
        {
            await connection.DisposeAsync();
        }
    }

    // The head ends in an empty line, and the body is what its length says: five letters in a chunk, or not.
    private static async Task<int> FirstAsync(SslStream connection)
    {
        await connection.WriteAsync(Request);
        var (buffer, read) = (new byte[4096], 0);
        while (!buffer.AsSpan(0, read).EndsWith("0\r\n\r\n"u8) && !buffer.AsSpan(0, read).EndsWith("\r\n\r\nhello"u8))
        {
            var more = await connection.ReadAsync(buffer.AsMemory(read));
            read += more > 0 ? more : throw new IOException("the server has closed the connection");
        }

        return read;
    }

    private async Task<List<TimeSpan>> AskAsync(SslStream connection, Stopwatch watch, TimeSpan time)
    {
        var buffer = new byte[4096];
        List<TimeSpan> latencies = new(1 << 17);
        for (var began = watch.Elapsed; began < time;)
        {
            await connection.WriteAsync(Request);
            await connection.ReadExactlyAsync(buffer.AsMemory(0, _length));
            var now = watch.Elapsed;
            latencies.Add(now - began);
            began = now;
        }

        return latencies;
    }
}
