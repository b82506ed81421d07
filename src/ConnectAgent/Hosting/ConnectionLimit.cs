using System.Collections.Concurrent;
using System.Net;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>Bounds the concurrent connections of one client address, HTTP and HTTPS together (http-conventions CONN-1).</summary>
/// <param name="limit">Connections, as configured now; non-positive means no limit.</param>
/// <param name="limits">Count what is refused.</param>
internal sealed class ConnectionLimit(Func<int> limit, LimitMetrics limits)
{
    /// <summary>Connections of one client address, HTTP and HTTPS together (http-conventions CONN-1).</summary>
    [Limit(LimitName, "connections, 0 is no limit", "refused: 429", Key = "limits.http_max_conns_per_client", Refuses = true)]
    public const int MostUnlessConfigured = 200;

    private const string LimitName = "http.connections_per_client";
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

            limits.Refused(LimitName);
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
