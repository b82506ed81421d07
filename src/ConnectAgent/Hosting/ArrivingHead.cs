using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>
/// A connection of HTTP/1.1 that counts what it has read since the last answer: the head of one request and its body, but for a <see cref="LongBody"/>
/// whose length is known. It knows nothing of HTTP: an answer is whatever is sent. What has come is weighed when more is waited for. Nearly every head comes
/// in one piece, and looking at that costs as much as a twentieth of a cache hit, so few connections let the first piece pass as it is, at most
/// <c>http.read_ahead</c>.
/// </summary>
internal sealed class ArrivingHead : IDuplexPipe, IArrivingHead
{
    /// <summary>A head that needs no place, and a body that is not long.</summary>
    [Limit("http.arriving", "bytes", "takes one of `http.large_requests`")]
    private const int MostArriving = 2 * LargeRequests.From;

    private readonly LargeRequests _places;
    private readonly Func<Task> _refuse;
    private readonly Action _abort;
    private long _taken;
    private bool _isBegun;
    private bool _isBody;
    private bool _isAfterLarge;
    private long _reported;
    private bool _isAnswering;
    private bool _isAnswered;
    private int _pauses;
    private int _hasPlace;

    /// <summary>Counts from now on.</summary>
    /// <param name="transport">The connection as it is.</param>
    /// <param name="places">What a large head needs one of.</param>
    /// <param name="refuse">Answers when there is none and nobody else has a request to answer.</param>
    /// <param name="abort">Ends the connection when there is none and the answer has been given.</param>
    public ArrivingHead(IDuplexPipe transport, LargeRequests places, Func<Task> refuse, Action abort)
    {
        (_places, _refuse, _abort) = (places, refuse, abort);
        places.Open();
        (Input, Output) = (new Reader(transport.Input, this), new Writer(transport.Output, this));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public bool IsLarge => _isBody ? _isAfterLarge : _taken > LargeRequests.From;

    private bool IsPaused => Volatile.Read(ref _pauses) > 0;

    public void Pause() => Interlocked.Increment(ref _pauses);

    public void Resume()
    {
        if (Interlocked.Decrement(ref _pauses) == 0)
        {
            Next();
        }
    }

    public void Whole()
    {
        if (_reported > 0)
        {
            Report(0);
        }
    }

    public void BeginBody() => (_isAfterLarge, _isBody, _isAnswering, _isAnswered) = (IsLarge, true, false, false);

    public void BeginAnswer() => _isAnswering = true;

    public void EndBody()
    {
        _isBody = false;
        Next();
    }

    public bool TakePlace() => Interlocked.Exchange(ref _hasPlace, 0) == 1;

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        _places.Close();
        LetGo();
    }

    private void LetGo()
    {
        Report(0);
        if (Volatile.Read(ref _hasPlace) == 1 && TakePlace())
        {
            _places.GiveBack();
        }
    }

    // What this connection adds to what all of them hold.
    private void Report(long bytes)
    {
        if (Interlocked.Exchange(ref _reported, bytes) is var before && before != bytes)
        {
            _places.Arrive(bytes - before);
        }
    }

    private void Next()
    {
        (_taken, _isBegun) = (0, false);
        LetGo();
    }

    private bool HasRoom(long unread)
    {
        if (IsPaused || Volatile.Read(ref _hasPlace) == 1)
        {
            return true;
        }

        var arriving = _taken + unread;
        Report(arriving);
        if (arriving <= MostArriving && !_places.IsCrowded)
        {
            return true;
        }

        if (!_places.TryTake())
        {
            return false;
        }

        Volatile.Write(ref _hasPlace, 1);
        Report(0);
        return true;
    }

    private void Answered()
    {
        if (_isBody && !_isAnswering)
        {
            return;
        }

        _isAnswered = true;
        if (!IsPaused)
        {
            Next();
        }
    }

    // Who of a request has not sent all is answered by whoever reads it, and never twice. The web server, which reads what is left, knows its own errors only.
    private async Task<Exception> RefuseAsync()
    {
        if (!_isBody)
        {
            await _refuse();
            return new ConnectionResetException("refused: " + LargeRequests.RefusalText);
        }

        if (!_isAnswered)
        {
            return new BadHttpRequestException(LargeRequests.RefusalText, StatusCodes.Status429TooManyRequests);
        }

        _abort();
        return new ConnectionAbortedException("refused: " + LargeRequests.RefusalText);
    }

    private sealed class Reader(PipeReader inner, ArrivingHead head) : PipeReader
    {
        // What is being looked at, and what of it was left, when it is counted.
        private ReadOnlySequence<byte>? _buffer;
        private long _unread;

        public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            if (!head.IsPaused && (head._isBegun || head._places.HasManyConnections))
            {
                return ReadCountedAsync(cancellationToken);
            }

            head._isBegun |= !head.IsPaused;
            _unread = 0;
            return inner.ReadAsync(cancellationToken);
        }

        // Pooled, because an open connection waits here for its next request.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        private async ValueTask<ReadResult> ReadCountedAsync(CancellationToken cancellationToken)
        {
            if (head._isBegun && !head.HasRoom(_unread))
            {
                throw await head.RefuseAsync();
            }

            head._isBegun = true;
            var read = await inner.ReadAsync(cancellationToken);
            _buffer = read.Buffer;
            return read;
        }

        public override bool TryRead(out ReadResult result) => inner.TryRead(out result);

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            if (_buffer is { } buffer)
            {
                var taken = buffer.Slice(0, consumed).Length;
                head._taken += taken;
                (_unread, _buffer) = (buffer.Length - taken, null);
            }

            inner.AdvanceTo(consumed, examined);
        }

        public override void CancelPendingRead() => inner.CancelPendingRead();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }

    private sealed class Writer(PipeWriter inner, ArrivingHead head) : PipeWriter
    {
        public override bool CanGetUnflushedBytes => inner.CanGetUnflushedBytes;

        public override long UnflushedBytes => inner.UnflushedBytes;

        public override void Advance(int bytes) => inner.Advance(bytes);

        public override Memory<byte> GetMemory(int sizeHint = 0) => inner.GetMemory(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => inner.GetSpan(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            head.Answered();
            return inner.FlushAsync(cancellationToken);
        }

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
        {
            head.Answered();
            return inner.WriteAsync(source, cancellationToken);
        }

        public override void CancelPendingFlush() => inner.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => inner.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => inner.CompleteAsync(exception);
    }
}
