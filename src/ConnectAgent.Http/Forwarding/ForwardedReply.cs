using System.Buffers;
using System.Globalization;
using System.Net.Http.Headers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Forwarding;

/// <summary>Passes a server's answer on, piece by piece. A server is not trusted with its caller: only what means something behind the agent goes along (FA-11).</summary>
internal static class ForwardedReply
{
    private const int PieceLength = 32 * 1024;

    private static readonly string[] SentBack =
        ["X-Cache", "Age", "Allow", "Cache-Control", "Content-Encoding", "Content-Type", "Retry-After", "Warning"];

    // What the API answers. A browser that looks at the agent must run nothing that a server, or who writes to its store, has made up.
    private static readonly string[] ContentTypes =
        ["application/json", "application/octet-stream", "application/pem-certificate-chain", "application/x-gzip", "application/gzip", "text/plain", "text/event-stream"];

    /// <summary>Answers as the server did; until the first piece is there, its failure can still be told as one.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The server failed in the middle of it.</exception>
    public static async Task WriteAsync(HttpContext context, ConsulExchange answer)
    {
        var piece = ArrayPool<byte>.Shared.Rent(PieceLength);
        try
        {
            var length = await answer.ReadAsync(piece);
            context.Response.StatusCode = answer.Status;
            CopyHeaders(context.Response, answer);
            if (answer.Status is StatusCodes.Status204NoContent or StatusCodes.Status205ResetContent or StatusCodes.Status304NotModified)
            {
                // No answer of these has a body, whatever the server sent behind it.
                return;
            }

            if (length == 0)
            {
                context.Response.ContentLength = 0;
                return;
            }

            context.Response.ContentLength = answer.ContentHeaders.ContentLength;
            while (length > 0)
            {
                await context.Response.Body.WriteAsync(piece.AsMemory(0, length), context.RequestAborted);
                length = await answer.ReadAsync(piece);
            }
        }
        finally
        {
            // Tokens and keys pass through here.
            ArrayPool<byte>.Shared.Return(piece, clearArray: true);
        }
    }

    /// <summary>The same with another body, of which all is read before.</summary>
    /// <exception cref="Protocol.Errors.ServerException">The server failed, or its answer is longer than one that the agent reads for itself.</exception>
    public static async Task WriteAsync(HttpContext context, ConsulExchange answer, Func<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>> change)
    {
        if (answer.Status != StatusCodes.Status200OK || answer.ContentHeaders.ContentEncoding.Count > 0)
        {
            await WriteAsync(context, answer);
            return;
        }

        var body = change(await answer.ReadAllAsync(ConsulServer.LongestBody));
        CopyHeaders(context.Response, answer);
        await WireReply.BytesAsync(context, answer.Status, context.Response.ContentType ?? string.Empty, body);
    }

    private static void CopyHeaders(HttpResponse response, ConsulExchange answer)
    {
        foreach (var (name, values) in answer.Headers.NonValidated.Concat(answer.ContentHeaders.NonValidated))
        {
            if (values.All(IsSendable) && Passes(name, values.ToString()))
            {
                response.Headers[name] = values.ToArray();
            }
        }

        if (response.ContentType is { } type
            && !(MediaTypeHeaderValue.TryParse(type, out var media) && ContentTypes.Contains(media.MediaType, StringComparer.OrdinalIgnoreCase)))
        {
            response.ContentType = "application/octet-stream";
        }
    }

    // Clients count on the index and on the pause; what is neither is not passed on.
    private static bool Passes(string name, string value) => name.ToUpperInvariant() switch
    {
        "LOCATION" => IsOwnPath(value),
        "X-CONSUL-INDEX" => ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _),
        "RETRY-AFTER" => RetryConditionHeaderValue.TryParse(value, out _),
        var upper => upper.StartsWith("X-CONSUL-", StringComparison.Ordinal) || SentBack.Contains(upper, StringComparer.OrdinalIgnoreCase),
    };

    // Nobody is sent elsewhere with a token. Browsers read a backslash as a slash, and a path with two of them in front as a host.
    private static bool IsOwnPath(string location) =>
        location is ['/', ..] && location is not ['/', '/', ..] && !location.Contains('\\', StringComparison.Ordinal);

    private static bool IsSendable(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');
}
