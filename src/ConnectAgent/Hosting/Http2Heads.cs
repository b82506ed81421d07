using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>
/// A connection of HTTP/2 whose frames are looked at as they pass (RFC 9113 section 4.1). A head that does not fit into one frame takes a place until it is
/// whole: the web server keeps what it has decoded of it, which may be a hundred times what was sent. Trailers end the connection: nobody here reads them,
/// and the web server keeps them for as long as the request lasts.
/// </summary>
internal sealed class Http2Heads : IDuplexPipe
{
    public const string TrailersLimit = "http.trailers";

    /// <summary>Over HTTP/1.1 they count as what comes in of their request.</summary>
    [Limit(TrailersLimit, "trailers of a request over HTTP/2", "the connection is closed", Refuses = true)]
    private const int MostTrailers = 0;

    private const int PrefaceLength = 24;
    private const int FrameHeaderLength = 9;
    private const byte Headers = 1;
    private const byte Continuation = 9;
    private const byte EndOfHeaders = 4;

    private readonly LargeRequests _places;
    private readonly Action<string> _abort;
    private readonly Action _large;
    private readonly byte[] _frame = new byte[FrameHeaderLength];
    private int _frameBytes;
    private int _skipped = PrefaceLength;
    private uint _lastStream;
    private int _hasPlace;

    /// <summary>Looks from now on.</summary>
    /// <param name="transport">The connection as it is, before its first byte.</param>
    /// <param name="places">What a head of several frames needs one of.</param>
    /// <param name="abort">Ends the connection at once, for the bound of this name.</param>
    /// <param name="large">A large head is whole.</param>
    public Http2Heads(IDuplexPipe transport, LargeRequests places, Action<string> abort, Action large)
    {
        (_places, _abort, _large) = (places, abort, large);
        (Input, Output) = (new Reader(transport.Input, this), transport.Output);
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _hasPlace, 0) == 1)
        {
            _places.GiveBack();
        }
    }

    private void Look(ReadOnlySequence<byte> come)
    {
        foreach (var segment in come)
        {
            var bytes = segment.Span;
            while (!bytes.IsEmpty)
            {
                var used = _skipped > 0 ? Skip(bytes.Length) : Collect(bytes);
                bytes = bytes[used..];
            }
        }
    }

    private int Skip(int most)
    {
        var used = Math.Min(_skipped, most);
        _skipped -= used;
        return used;
    }

    private int Collect(ReadOnlySpan<byte> bytes)
    {
        var used = Math.Min(FrameHeaderLength - _frameBytes, bytes.Length);
        bytes[..used].CopyTo(_frame.AsSpan(_frameBytes));
        _frameBytes += used;
        if (_frameBytes == FrameHeaderLength)
        {
            _frameBytes = 0;
            _skipped = (int)(BinaryPrimitives.ReadUInt32BigEndian(_frame) >> 8);
            Begin(_frame[3], (_frame[4] & EndOfHeaders) != 0, BinaryPrimitives.ReadUInt32BigEndian(_frame.AsSpan(5)) & int.MaxValue);
        }

        return used;
    }

    private void Begin(byte type, bool isWhole, uint stream)
    {
        if (type == Continuation && isWhole)
        {
            End();
            _large();
        }

        if (type != Headers)
        {
            return;
        }

        if (stream <= _lastStream)
        {
            throw Abort(TrailersLimit);
        }

        _lastStream = stream;
        if (isWhole || _hasPlace == 1)
        {
            return;
        }

        if (!_places.TryTake())
        {
            throw Abort(LargeRequests.PlacesLimit);
        }

        Volatile.Write(ref _hasPlace, 1);
    }

    // The web server must not decode what has come with it.
    private ConnectionAbortedException Abort(string limit)
    {
        _abort(limit);
        return new ConnectionAbortedException("refused by " + limit);
    }

    private sealed class Reader(PipeReader inner, Http2Heads heads) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;

        // How much of what is not used yet has been looked at.
        private long _looked;

        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default) =>
            Look(await inner.ReadAsync(cancellationToken));

        public override bool TryRead(out ReadResult result)
        {
            var isRead = inner.TryRead(out result);
            if (isRead)
            {
                Look(result);
            }

            return isRead;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            _looked -= _buffer.Slice(0, consumed).Length;
            _buffer = default;
            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);

        private ReadResult Look(ReadResult read)
        {
            _buffer = read.Buffer;
            heads.Look(_buffer.Slice(_looked));
            _looked = _buffer.Length;
            return read;
        }
    }
}
