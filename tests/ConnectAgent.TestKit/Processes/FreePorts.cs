using System.Net;
using System.Net.Sockets;

namespace ConnectAgent.TestKit.Processes;

/// <summary>
/// Ports that nobody listens on, each handed out once in this process. They lie below those that the operating system gives to outgoing
/// connections: one of these could take a port between its being found free and its being listened on.
/// </summary>
public static class FreePorts
{
    private const int First = 12_000;
    private const int End = 32_000;
    private static readonly Lock Gate = new();

    // Another test process starts elsewhere.
    private static int _last = Random.Shared.Next(First, End);

    public static int Next()
    {
        lock (Gate)
        {
            while (true)
            {
                _last = _last + 1 < End ? _last + 1 : First;
                using var probe = new TcpListener(IPAddress.Loopback, _last);
                try
                {
                    probe.Start();
                    return _last;
                }
                catch (SocketException)
                {
                    // Somebody listens there.
                }
            }
        }
    }
}
