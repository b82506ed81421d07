using System.Collections.Concurrent;
using System.Net;
using System.Text;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>Bounds the concurrent connections of one client address, HTTP and HTTPS together (http-conventions CONN-1).</summary>
/// <param name="limit">Connections, as configured now; non-positive means no limit.</param>
/// <param name="limits">Count what is refused.</param>
internal sealed class ConnectionLimit(Func<int> limit, LimitMetrics limits)
{
    private const string Text = "Your IP is issuing too many concurrent connections, please rate limit your calls\n";

    private static readonly byte[] Refusal = Encoding.ASCII.GetBytes(
        "HTTP/1.1 429 Too Many Requests\r\nContent-Type: text/plain\r\nX-Content-Type-Options: nosniff\r\n"
        + $"Content-Length: {Text.Length}\r\nConnection: close\r\n\r\n{Text}");

    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Connection middleware; in front of TLS.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection => GuardAsync(connection, next);

    // Whoever is refused may be gone already.
    private static async Task RefuseAsync(ConnectionContext connection)
    {
        try
        {
            await connection.Transport.Output.WriteAsync(Refusal, connection.ConnectionClosed);
            await connection.Transport.Output.CompleteAsync();
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
            connection.Abort();
        }
    }

    private async Task GuardAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        if (connection.RemoteEndPoint is not IPEndPoint { Address: var client })
        {
            await next(connection);
            return;
        }

        try
        {
            // Counted without a limit, too: a reload may set one.
            var open = _open.AddOrUpdate(client, 1, static (_, open) => open + 1);
            if (limit() is var most && (most <= 0 || open <= most))
            {
                await next(connection);
                return;
            }

            limits.Refused(HttpKeys.ConnectionsLimit);
            await RefuseAsync(connection);
        }
        finally
        {
            if (_open.AddOrUpdate(client, 0, static (_, open) => open - 1) <= 0)
            {
                _open.TryRemove(new KeyValuePair<IPAddress, int>(client, 0));
            }
        }
    }
}
