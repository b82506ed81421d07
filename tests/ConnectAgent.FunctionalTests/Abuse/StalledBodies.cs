using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.FunctionalTests.Abuse;

/// <summary>Connections that each send nearly all of a body that is as long as any may be, and then nothing.</summary>
internal sealed class StalledBodies : IAsyncDisposable
{
    private const int Length = 1024 * 1024;
    private readonly List<TcpClient> _callers = [];
    private readonly List<Task> _sending = [];

    public static async Task<StalledBodies> SendAsync(Uri agent, int callers)
    {
        var stalled = new StalledBodies();
        for (var i = 0; i < callers; i++)
        {
            var caller = new TcpClient();
            stalled._callers.Add(caller);
            await caller.ConnectAsync(agent.Host, agent.Port);
            stalled._sending.Add(SendAsync(caller));
        }

        return stalled;
    }

    public async ValueTask DisposeAsync()
    {
        _callers.ForEach(static caller => caller.Dispose());
        await Task.WhenAll(_sending);
    }

    private static async Task SendAsync(TcpClient caller)
    {
        try
        {
            var head = $"POST /v1/agent/connect/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Length}\r\n\r\n{{\"Target\":\"";
            await caller.GetStream().WriteAsync(Encoding.ASCII.GetBytes(head + new string('x', Length - 1024)));
        }
        catch (IOException)
        {
            // Refused in its middle.
        }
    }
}
