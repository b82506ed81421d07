using Microsoft.AspNetCore.Connections.Features;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Bodies of more than <see cref="LargeRequests.From"/>, and of unknown length. What of one is left when the answer is written cannot be told from the
/// next head, so the connection ends with the answer, unless all of it has been read. It ends after a large head, too (<see cref="IArrivingHead.IsLarge"/>).
/// </summary>
internal static class LongBody
{
    /// <summary>A request has come.</summary>
    public static void Begin(HttpContext context)
    {
        var head = context.Features.Get<IArrivingHead>();
        if (head is null)
        {
            EndStreams(context);
            return;
        }

        head.Whole();
        if (head.IsLarge)
        {
            CloseAfter(context);
        }

        if (IsChunked(context.Request))
        {
            CloseAfter(context);
            head.BeginBody();
            context.Response.OnStarting(static head =>
            {
                ((IArrivingHead)head).BeginAnswer();
                return Task.CompletedTask;
            }, head);
        }
        else if (IsLong(context.Request))
        {
            CloseAfter(context);
            head.Pause();
        }
    }

    /// <summary>All of its body has been read.</summary>
    public static void End(HttpContext context)
    {
        var isChunked = IsChunked(context.Request);
        if ((!isChunked && !IsLong(context.Request)) || context.Response.HasStarted || context.Features.Get<IArrivingHead>() is not { } head)
        {
            return;
        }

        if (!head.IsLarge)
        {
            context.Response.Headers.Connection = default;
        }

        if (isChunked)
        {
            head.EndBody();
        }
        else
        {
            head.Resume();
        }
    }

    /// <summary>Has the connection end with the answer: what is left of the body is not waited for. A stream of HTTP/2 ends by itself.</summary>
    public static void CloseAfter(HttpContext context)
    {
        if (!HttpProtocol.IsHttp2(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    private static void EndStreams(HttpContext context)
    {
        if (context.Features.Get<StreamBytes>() is { EndsSoon: true })
        {
            context.Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }
    }

    private static bool IsLong(HttpRequest request) => request.ContentLength > LargeRequests.From;

    private static bool IsChunked(HttpRequest request) => request.Headers.TransferEncoding.Count > 0;
}
