using System.Buffers;
using System.Net.Sockets;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Proxy.Pumping;

/// <summary>
/// Carries bytes between two ends, each way by itself: what one side does not read fills that way alone, and whoever writes into it waits (back-pressure).
/// The end of one way is passed on as an end of one way. A connection that carries nothing holds no buffer: the wait for bytes is a read of none.
/// </summary>
internal static class BytePump
{
    [Limit("proxy.buffer", "bytes of each way of a connection", "its writer waits")]
    private const int BufferSize = 65_536;

    /// <summary>Carries until both ways have ended, or one has failed.</summary>
    /// <param name="near">Who connected.</param>
    /// <param name="far">Whom it is connected to.</param>
    /// <param name="traffic">Counts.</param>
    /// <returns>Whether both ways came to their end; else both ends are cut.</returns>
    public static async Task<bool> RunAsync(ProxyEnd near, ProxyEnd far, Traffic traffic)
    {
        var there = CarryAsync(near, far, traffic, isThere: true);
        var back = CarryAsync(far, near, traffic, isThere: false);
        var first = await await Task.WhenAny(there, back);
        if (!first)
        {
            near.Cut();
            far.Cut();
        }

        var (wentThere, cameBack) = (await there, await back);
        if (first && !(wentThere && cameBack))
        {
            near.Cut();
            far.Cut();
        }

        return wentThere && cameBack;
    }

    // A failure is an outcome: peers and applications go away at any time.
    private static async Task<bool> CarryAsync(ProxyEnd from, ProxyEnd to, Traffic traffic, bool isThere)
    {
        try
        {
            while (await CarrySomeAsync(from, to, traffic, isThere))
            {
            }

            await to.EndWritesAsync();
            return true;
        }
        catch (Exception error) when (IsOfNetwork(error))
        {
            return false;
        }
    }

    private static async ValueTask<bool> CarrySomeAsync(ProxyEnd from, ProxyEnd to, Traffic traffic, bool isThere)
    {
        _ = await from.Stream.ReadAsync(Memory<byte>.Empty);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            var read = await from.Stream.ReadAsync(buffer.AsMemory(0, BufferSize));
            if (read == 0)
            {
                return false;
            }

            await to.Stream.WriteAsync(buffer.AsMemory(0, read));
            traffic.Carried(read, isThere);
            return true;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    /// <summary>Whether it is what sockets and TLS fail with when the other side, or this proxy, ends a connection.</summary>
    public static bool IsOfNetwork(Exception error) =>
        error is IOException or SocketException or ObjectDisposedException or InvalidOperationException or System.Security.Authentication.AuthenticationException;
}
