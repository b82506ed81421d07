using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using ConnectAgent.Http.Wire;
using Microsoft.AspNetCore.Connections;

namespace ConnectAgent.Hosting;

/// <summary>
/// A connection of HTTP/1.1 that counts what it has read since the last answer, which is the head of one request, and the little of a body that the
/// fast path takes. It knows nothing of HTTP: an answer is whatever is sent.
/// </summary>
internal sealed class ArrivingHead : IDuplexPipe, IArrivingHead
{
    private readonly LargeRequests _places;
    private readonly Func<Task> _refuse;
    private long _taken;
    private bool _isWhole;
    private int _hasPlace;

    /// <summary>Counts from now on.</summary>
    /// <param name="transport">The connection as it is.</param>
    /// <param name="places">What a large head needs one of.</param>
    /// <param name="refuse">Answers when there is none.</param>
    public ArrivingHead(IDuplexPipe transport, LargeRequests places, Func<Task> refuse)
    {
        (_places, _refuse) = (places, refuse);
        (Input, Output) = (new Reader(transport.Input, this), new Writer(transport.Output, this));
    }

    public PipeReader Input { get; }

    public PipeWriter Output { get; }

    public bool HandOver()
    {
        _isWhole = true;
        return Interlocked.Exchange(ref _hasPlace, 0) == 1;
    }

    public void Next() => (_taken, _isWhole) = (0, false);

    /// <summary>The connection has ended.</summary>
    public void End()
    {
        if (Interlocked.Exchange(ref _hasPlace, 0) == 1)
        {
            _places.GiveBack();
        }
    }

    private bool HasRoom(long unread)
    {
        if (_isWhole || _taken + unread <= LargeRequests.From || Volatile.Read(ref _hasPlace) == 1)
        {
            return true;
        }

        if (!_places.TryTake())
        {
            return false;
        }

        Volatile.Write(ref _hasPlace, 1);
        return true;
    }

    private void Answered()
    {
        if (!_isWhole)
        {
            _taken = 0;
            End();
        }
    }

    private sealed class Reader(PipeReader inner, ArrivingHead head) : PipeReader
    {
        private ReadOnlySequence<byte> _buffer;

        // Pooled, because a hit allocates nothing.
        [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
        public override async ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(cancellationToken);
            _buffer = read.Buffer;
            if (head.HasRoom(_buffer.Length))
            {
                return read;
            }

            await head._refuse();
            throw new ConnectionResetException("refused: " + LargeRequests.RefusalText);
        }

        public override bool TryRead(out ReadResult result)
        {
            var has = inner.TryRead(out result);
            _buffer = result.Buffer;
            return has;
        }

        public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

        public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
        {
            head._taken += _buffer.Slice(0, consumed).Length;
            _buffer = default;
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
