using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// How many large requests are held at once. Each may take a megabyte of headers and one of body, and last as long as its body arrives or its read is
/// held, so hundreds of them would be hundreds of megabytes. What callers of the agent send is far smaller and needs no place.
/// </summary>
internal sealed class LargeRequests
{
    /// <summary>In target and headers, or in a body that is read whole before it is looked at.</summary>
    [Limit("http.large", "bytes", "takes one of `http.large_requests`")]
    public const int From = 64 * 1024;

    [Limit(PlacesLimit, "requests", "refused: 429; over HTTP/2 in the middle of a head: the connection is closed", Refuses = true)]
    public const int Most = 16;

    public const string PlacesLimit = "http.large_requests";

    [Limit("http.arriving_all", "bytes", "each that comes in takes one of `http.large_requests`")]
    private const long MostArriving = 4L << 20;

    /// <summary>Of HTTP/1.1, for which the first piece of a head is not counted.</summary>
    [Limit("http.uncounted", "connections", "`http.arriving_all` counts the first piece of each request")]
    private const int MostUncounted = 64;

    /// <summary>With large headers; such a read may be asked again at once.</summary>
    [Limit("http.large_hold", "s", "answered with what is there")]
    private static readonly TimeSpan LongestHold = TimeSpan.FromSeconds(10);

    private int _held;
    private long _arriving;
    private int _connections;

    /// <summary>What a refused one is told.</summary>
    public static string RefusalText { get; } = $"Too many requests of more than {From} bytes at once, please rate limit your calls";

    /// <summary>Places that are taken.</summary>
    public int Held => Volatile.Read(ref _held);

    /// <summary>What a refused one gets.</summary>
    public static WireException Refusal() => new(StatusCodes.Status429TooManyRequests, RefusalText) { Limit = PlacesLimit };

    /// <summary>Whether all connections together hold so much of what is not whole yet that everything more of it needs a place.</summary>
    public bool IsCrowded => Volatile.Read(ref _arriving) > MostArriving;

    /// <summary>Whether so many connections are open that nothing may pass uncounted.</summary>
    public bool HasManyConnections => Volatile.Read(ref _connections) > MostUncounted;

    /// <summary>A connection of HTTP/1.1 has begun; <see cref="Close"/> says that it has ended.</summary>
    public void Open() => Interlocked.Increment(ref _connections);

    public void Close() => Interlocked.Decrement(ref _connections);

    /// <summary>A connection holds so much more of what is not whole yet and has no place.</summary>
    public void Arrive(long bytes) => Interlocked.Add(ref _arriving, bytes);

    /// <summary>How long a read may be held: one that has a place would keep it from all others for as long.</summary>
    public static TimeSpan? LimitWait(HttpContext context, TimeSpan? wait) =>
        context.Features.Get<Place>() is null || (wait > TimeSpan.Zero && wait < LongestHold) ? wait : LongestHold;

    /// <summary>Gives a request a place if its head is large; <see cref="Leave"/> gives it back.</summary>
    /// <param name="context">The request.</param>
    /// <param name="target">As sent.</param>
    /// <exception cref="WireException">429.</exception>
    public void Enter(HttpContext context, string target)
    {
        context.Features.Set(this);
        var length = (long)target.Length;
        foreach (var (name, values) in context.Request.Headers)
        {
            foreach (var value in values)
            {
                length += name.Length + (value?.Length ?? 0);
            }
        }

        Need(context, length);
    }

    /// <summary>A body has come so far.</summary>
    /// <exception cref="WireException">429.</exception>
    public static void Read(HttpContext context, long bytes)
    {
        context.Features.Get<LargeRequests>()?.Need(context, bytes);
    }

    /// <summary>The request is over.</summary>
    public void Leave(HttpContext context)
    {
        context.Features.Get<StreamBytes>()?.Leave(context);
        if (context.Features.Get<Place>() is { } place)
        {
            context.Features.Set<Place>(null);
            GiveBack();
            place.Head?.Resume();
        }
    }

    /// <summary>Takes a place for what is no request yet; <see cref="GiveBack()"/> gives it back.</summary>
    public bool TryTake()
    {
        if (Interlocked.Increment(ref _held) <= Most)
        {
            return true;
        }

        GiveBack();
        return false;
    }

    public void GiveBack() => Interlocked.Decrement(ref _held);

    private void Need(HttpContext context, long bytes)
    {
        var streams = context.Features.Get<StreamBytes>();
        if (context.Features.Get<Place>() is null && (streams is null ? bytes > From : streams.Hold(context, bytes) > StreamBytes.Most))
        {
            Take(context);
            streams?.Leave(context);
        }
    }

    private void Take(HttpContext context)
    {
        // What has a place is not counted as it comes in, and what the connection has taken one for is this request.
        var head = context.Features.Get<IArrivingHead>();
        head?.Pause();
        if (head?.TakePlace() != true && !TryTake())
        {
            head?.Resume();
            LongBody.CloseAfter(context);
            throw Refusal();
        }

        context.Features.Set(new Place(head));
    }

    /// <summary>Of a request.</summary>
    /// <param name="Head">What is to be resumed with its end.</param>
    private sealed record Place(IArrivingHead? Head);
}
