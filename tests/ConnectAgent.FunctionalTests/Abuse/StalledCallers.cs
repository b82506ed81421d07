using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.FunctionalTests.Abuse;

/// <summary>Connections that each send nearly all of a request that is as long as any may be, and then nothing.</summary>
internal sealed class StalledCallers : IAsyncDisposable
{
    private const int Length = 1024 * 1024;
    private static readonly string Filling = new('x', Length - 1024);
    private readonly List<TcpClient> _callers = [];
    private readonly List<Task> _sending = [];

    /// <summary>Bodies that do not end.</summary>
    public static Task<StalledCallers> SendBodiesAsync(Uri agent, int callers) => SendAsync(
        agent, callers, $"POST /v1/agent/connect/authorize HTTP/1.1\r\nHost: localhost\r\nContent-Length: {Length}\r\n\r\n{{\"Target\":\"" + Filling);

    /// <summary>Heads that do not end.</summary>
    public static Task<StalledCallers> SendHeadsAsync(Uri agent, int callers) => SendAsync(
        agent, callers, "GET /v1/agent/connect/ca/roots HTTP/1.1\r\nHost: localhost\r\nX-Odd: " + Filling);

    /// <summary>Waits until each has sent what it sends, or was refused in the middle.</summary>
    public Task SentAsync() => Task.WhenAll(_sending);

    public async ValueTask DisposeAsync()
    {
        _callers.ForEach(static caller => caller.Dispose());
        await SentAsync();
    }

    private static async Task<StalledCallers> SendAsync(Uri agent, int callers, string request)
    {
        var bytes = Encoding.ASCII.GetBytes(request);
        var stalled = new StalledCallers();
        for (var i = 0; i < callers; i++)
        {
            var caller = new TcpClient();
            stalled._callers.Add(caller);
            await caller.ConnectAsync(agent.Host, agent.Port);
            stalled._sending.Add(SendAsync(caller, bytes));
        }

        return stalled;
    }

    private static async Task SendAsync(TcpClient caller, byte[] request)
    {
        try
        {
            await caller.GetStream().WriteAsync(request);
        }
        catch (Exception error) when (error is IOException or ObjectDisposedException)
        {
            // Refused in its middle.
        }
    }
}
