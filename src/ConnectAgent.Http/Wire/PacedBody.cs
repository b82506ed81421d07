using System.Buffers;
using System.IO.Pipelines;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Streams;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// A request body that must arrive: who sends one byte and then nothing, or goes on after a burst as slowly, holds a connection and what has been
/// read so far. The web server's own rate is an average over the whole body, which a burst buys off for hours, so it is off (by whoever sets up the listeners).
/// </summary>
internal sealed class PacedBody : ForwardOnlyStream
{
    /// <summary>Whoever is slower uses up the grace, and gets it back by being faster.</summary>
    [Limit(RateLimit, "bytes per second, at least", "refused: 408", Refuses = true)]
    public const int SlowestRate = 1024;

    /// <summary>From the first look at a body that may have no more than <see cref="RequestBody.Longest"/> to its end.</summary>
    [Limit(TimeLimit, "s", "refused: 408; snapshots have the rate alone", Refuses = true)]
    public static readonly TimeSpan LongestTime = TimeSpan.FromSeconds(60);

    /// <summary>Also what a burst may save up.</summary>
    [Limit("http.body_rate_grace", "s", "`http.body_rate` applies")]
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(5);

    private const string RateLimit = "http.body_rate";
    private const string TimeLimit = "http.body_time";

    private static readonly Action<object?> BreakOff = static body => ((PipeReader)body!).CancelPendingRead();

    private readonly HttpContext _context;
    private readonly PipeReader _body;
    private readonly TimeProvider _clock;
    private TimeSpan _grace = Grace;
    private long? _start;
    private bool _isWhole;

    private PacedBody(HttpContext context, TimeProvider clock) => (_context, _body, _clock) = (context, context.Request.BodyReader, clock);

    /// <summary>Holds the body of a request, if it can have one, to the pace, however it is read from now on.</summary>
    public static void Guard(HttpContext context, TimeProvider clock)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: true })
        {
            context.Request.Body = new PacedBody(context, clock);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="WireException">408.</exception>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var began = _clock.GetTimestamp();
        _start ??= began;
        var left = IsLong ? Timeout.InfiniteTimeSpan : LongestTime - _clock.GetElapsedTime(_start.Value, began);
        var isRate = IsLong || _grace < left;
        var limit = isRate ? _grace : left;
        if (limit <= TimeSpan.Zero)
        {
            throw Slow(isRate);
        }

        // Mostly it has come with its head, and nothing need be set up to wait for it.
        var come = TryCome() ?? await ComeAsync(limit, isRate, cancellationToken);
        var read = (int)Math.Min(buffer.Length, come.Buffer.Length);
        var taken = come.Buffer.Slice(0, read);
        taken.CopyTo(buffer.Span);
        _body.AdvanceTo(taken.End);
        if (read == 0 && !buffer.IsEmpty && !_isWhole)
        {
            // The framework's own reader asks for nothing, too, to wait without a buffer; and some ask again at the end.
            _isWhole = true;
            LongBody.End(_context);
        }

        var grace = _grace - _clock.GetElapsedTime(began) + TimeSpan.FromSeconds((double)read / SlowestRate);
        _grace = grace < Grace ? grace : Grace;
        return read;
    }

    private ReadResult? TryCome()
    {
        if (!_body.TryRead(out var come))
        {
            return null;
        }

        if (!come.IsCanceled && (come.IsCompleted || !come.Buffer.IsEmpty))
        {
            return come;
        }

        _body.AdvanceTo(come.Buffer.Start);
        return null;
    }

    private async ValueTask<ReadResult> ComeAsync(TimeSpan limit, bool isRate, CancellationToken cancellationToken)
    {
        using var time = new CancellationTokenSource(limit, _clock);
        using var end = time.Token.UnsafeRegister(BreakOff, _body);
        using var gone = cancellationToken.UnsafeRegister(BreakOff, _body);
        while (true)
        {
            // Not by the token: the web server complains of a read that was broken off by it, once for each caller that is slow or gone.
            var come = await _body.ReadAsync(CancellationToken.None);
            if (come.IsCanceled)
            {
                _body.AdvanceTo(come.Buffer.Start);
                cancellationToken.ThrowIfCancellationRequested();
                if (time.IsCancellationRequested)
                {
                    throw Slow(isRate);
                }

                // The end of the read before this one, which came a moment too late for it.
                continue;
            }

            if (come.Buffer.IsEmpty && !come.IsCompleted)
            {
                // Nothing yet, which is not the end.
                _body.AdvanceTo(come.Buffer.End);
                continue;
            }

            return come;
        }
    }

    private bool IsLong => _context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize is not (<= RequestBody.Longest + 1);

    private WireException Slow(bool isRate)
    {
        LongBody.CloseAfter(_context);
        return isRate
            ? new WireException(StatusCodes.Status408RequestTimeout, $"Request body too slow, at least {SlowestRate} bytes per second are expected.")
            {
                Limit = RateLimit,
            }
            : new WireException(StatusCodes.Status408RequestTimeout, $"Request body not whole within {LongestTime.TotalSeconds} seconds.")
            {
                Limit = TimeLimit,
            };
    }
}
