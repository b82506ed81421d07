using System.Collections.Concurrent;
using System.Net;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>Bounds the concurrent connections of one client address, HTTP and HTTPS together (http-conventions CONN-1).</summary>
/// <param name="limit">Connections, as configured now; non-positive means no limit.</param>
/// <param name="limits">Count what is refused.</param>
internal sealed class ConnectionLimit(Func<int> limit, LimitMetrics limits)
{
    private static readonly EarlyRefusal Refusal = new("Your IP is issuing too many concurrent connections, please rate limit your calls\n");

    private readonly ConcurrentDictionary<IPAddress, int> _open = new();

    /// <summary>Connection middleware; in front of TLS.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection => GuardAsync(connection, next);

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
            await Refusal.SendAsync(connection);
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
