using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// What the requests of one HTTP/2 connection hold together, as a feature of the connection. Over HTTP/1.1 a connection has one request, so its own size
/// says all; here a hundred may be held at once, each just small enough to need no place of <see cref="LargeRequests"/>.
/// </summary>
internal sealed class StreamBytes
{
    /// <summary>Of requests without a place.</summary>
    [Limit("http.streams_bytes", "bytes", "each more takes one of `http.large_requests`")]
    public const long Most = 2 * LargeRequests.From;

    private long _held;

    /// <summary>Whether a large head has come: the web server keeps its texts for the next one, so the connection ends with the answers to what has come.</summary>
    public bool EndsSoon { get; set; }

    /// <summary>A request holds so much, of its head or of its body.</summary>
    /// <returns>What all of the connection hold that have no place.</returns>
    public long Hold(HttpContext context, long bytes)
    {
        if (context.Features.Get<Part>() is not { } part)
        {
            context.Features.Set(part = new Part());
        }

        var more = Math.Max(0, bytes - part.Bytes);
        part.Bytes += more;
        return Interlocked.Add(ref _held, more);
    }

    /// <summary>A request is over, or has a place.</summary>
    public void Leave(HttpContext context)
    {
        if (context.Features.Get<Part>() is { } part)
        {
            Interlocked.Add(ref _held, -part.Bytes);
            context.Features.Set<Part>(null);
        }
    }

    private sealed class Part
    {
        public long Bytes { get; set; }
    }
}
