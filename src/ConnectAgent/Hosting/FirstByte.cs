using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>Closes a connection on which nothing comes after the TLS handshake (http-conventions LIS-4).</summary>
internal sealed class FirstByte(TimeSpan limit, TimeProvider clock)
{
    /// <summary>Connection middleware; behind TLS.</summary>
    public ConnectionDelegate Guard(ConnectionDelegate next) => connection => GuardAsync(connection, next);

    private async Task GuardAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        using (var time = new CancellationTokenSource(limit, clock))
        {
            try
            {
                var read = await connection.Transport.Input.ReadAsync(time.Token);
                connection.Transport.Input.AdvanceTo(read.Buffer.Start);
            }
            catch (OperationCanceledException)
            {
                connection.Abort(new ConnectionAbortedException("nothing came after the handshake"));
                return;
            }
            catch (IOException)
            {
                // Reset, as by whoever only looks whether somebody listens.
                connection.Abort();
                return;
            }
        }

        await next(connection);
    }
}
