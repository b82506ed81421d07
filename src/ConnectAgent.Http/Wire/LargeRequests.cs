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

    [Limit(PlacesLimit, "requests", "refused: 429", Refuses = true)]
    public const int Most = 16;

    private const string PlacesLimit = "http.large_requests";

    private int _held;

    /// <summary>Places that are taken.</summary>
    public int Held => Volatile.Read(ref _held);

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

        if (length > From)
        {
            Take(context);
        }
    }

    /// <summary>A body has come so far.</summary>
    /// <exception cref="WireException">429.</exception>
    public static void Read(HttpContext context, long bytes)
    {
        if (bytes > From)
        {
            context.Features.Get<LargeRequests>()?.Take(context);
        }
    }

    /// <summary>The request is over.</summary>
    public void Leave(HttpContext context)
    {
        if (context.Features.Get<Place>() is not null)
        {
            context.Features.Set<Place>(null);
            Interlocked.Decrement(ref _held);
        }
    }

    private void Take(HttpContext context)
    {
        if (context.Features.Get<Place>() is not null)
        {
            return;
        }

        if (Interlocked.Increment(ref _held) > Most)
        {
            Interlocked.Decrement(ref _held);

            // What is left of its body is not waited for.
            context.Response.Headers.Connection = "close";
            throw new WireException(
                StatusCodes.Status429TooManyRequests, $"Too many requests of more than {From} bytes at once, please rate limit your calls")
            {
                Limit = PlacesLimit,
            };
        }

        context.Features.Set(new Place());
    }

    private sealed class Place;
}
