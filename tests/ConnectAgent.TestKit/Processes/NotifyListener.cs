using System.Net.Sockets;
using System.Text;

namespace ConnectAgent.TestKit.Processes;

/// <summary>The end of a service manager: a datagram socket that collects what services say (sd_notify(3)).</summary>
public sealed class NotifyListener : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[4096];

    /// <summary>Listens.</summary>
    /// <param name="address">A path that is not there yet, or <c>@</c> and an abstract name.</param>
    public NotifyListener(string address)
    {
        Address = address;
        _socket.Bind(new UnixDomainSocketEndPoint(address[0] == '@' ? '\0' + address[1..] : address));
    }

    /// <summary>For <c>$NOTIFY_SOCKET</c>.</summary>
    public string Address { get; }

    /// <summary>The next datagram.</summary>
    public async Task<string> NextAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        return Encoding.UTF8.GetString(_buffer, 0, await _socket.ReceiveAsync(_buffer, limit.Token));
    }

    /// <summary>The next one that begins so; others are left out.</summary>
    public async Task<string> NextAsync(string begin)
    {
        string next;
        do
        {
            next = await NextAsync();
        }
        while (!next.StartsWith(begin, StringComparison.Ordinal));
        return next;
    }

    /// <summary>Whether there is nothing to read now.</summary>
    public bool IsSilent => _socket.Available == 0;

    public void Dispose()
    {
        _socket.Dispose();
        if (Address[0] == '/')
        {
            File.Delete(Address);
        }
    }
}
