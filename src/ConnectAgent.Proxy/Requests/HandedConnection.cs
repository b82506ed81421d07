using System.Globalization;
using System.IO.Pipelines;
using System.Net.Security;
using ConnectAgent.Proxy.Mesh;
using ConnectAgent.Proxy.Pumping;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace ConnectAgent.Proxy.Requests;

/// <summary>One connection of the mesh as the web server sees it.</summary>
internal sealed class HandedConnection : ConnectionContext, ITlsApplicationProtocolFeature
{
    private static long _last;

    private readonly CancellationTokenSource _closed = new();
    private readonly TaskCompletionSource _served = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ProxyEnd _end;
    private readonly SslApplicationProtocol _protocol;

    public HandedConnection(MeshStream stream, Traffic traffic, ProxyEnd end)
    {
        (_end, _protocol) = (end, stream.Stream.NegotiatedApplicationProtocol);
        var counted = new CountedStream(stream.Stream, traffic);
        Transport = new Duplex(
            PipeReader.Create(counted, new StreamPipeReaderOptions(leaveOpen: true, useZeroByteReads: true)),
            PipeWriter.Create(counted, new StreamPipeWriterOptions(leaveOpen: true)));
        ConnectionId = Interlocked.Increment(ref _last).ToString(CultureInfo.InvariantCulture);
        LocalEndPoint = end.Local;
        RemoteEndPoint = end.Remote;
        ConnectionClosed = _closed.Token;
        Features.Set<ITlsApplicationProtocolFeature>(this);
        Features.Set(new MeshPeer(stream.Peer));
    }

    /// <summary>Is over when the web server has done with it.</summary>
    public Task Served => _served.Task;

    public override string ConnectionId { get; set; }

    public override IFeatureCollection Features { get; } = new FeatureCollection();

    public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

    public override IDuplexPipe Transport { get; set; }

    public ReadOnlyMemory<byte> ApplicationProtocol => _protocol.Protocol;

    public override void Abort(ConnectionAbortedException abortReason) => _end.Cut();

    public override async ValueTask DisposeAsync()
    {
        await Transport.Input.CompleteAsync();
        await Transport.Output.CompleteAsync();
        await _closed.CancelAsync();
        try
        {
            await _end.EndWritesAsync();
        }
        catch (Exception error) when (BytePump.IsOfNetwork(error))
        {
            // The peer has gone.
        }

        _served.TrySetResult();
        _closed.Dispose();
        await base.DisposeAsync();
    }

    private sealed class Duplex(PipeReader input, PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input => input;

        public PipeWriter Output => output;
    }
}
