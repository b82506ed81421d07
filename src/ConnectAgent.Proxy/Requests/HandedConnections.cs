using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Proxy.Requests;

/// <summary>The transport of the web server: it accepts what it is handed, after the handshake.</summary>
internal sealed class HandedConnections : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly Channel<ConnectionContext> _handed = Channel.CreateUnbounded<ConnectionContext>();

    /// <summary>No address at all: nothing listens.</summary>
    public static EndPoint Address { get; } = new HandedEndPoint();

    public EndPoint EndPoint => Address;

    /// <summary>Serves one to its end.</summary>
    public Task ServeAsync(HandedConnection connection)
    {
        if (!_handed.Writer.TryWrite(connection))
        {
            connection.Abort();
            return Task.CompletedTask;
        }

        return connection.Served;
    }

    /// <summary>Takes no more.</summary>
    public void Close() => _handed.Writer.TryComplete();

    public bool CanBind(EndPoint endpoint) => endpoint is HandedEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _handed.Reader.WaitToReadAsync(cancellationToken) && _handed.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Close();
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        Close();
        return ValueTask.CompletedTask;
    }

    private sealed class HandedEndPoint : EndPoint
    {
        public override string ToString() => "the mesh";
    }
}
