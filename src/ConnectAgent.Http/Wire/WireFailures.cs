using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Wire;

/// <summary>What went wrong as an answer, with what is counted and logged of it.</summary>
internal sealed class WireFailures(AclDenials denials, LimitMetrics limits, RefusalLog refusals, ILogger<WireFailures> logger)
{
    [Limit("log.error", "characters", "cut")]
    private const int LongestLoggedError = 200;

    /// <summary>A request that is refused by a rule, before or after its route was found.</summary>
    public Task RefuseAsync(HttpContext context, WireException error)
    {
        Note(context, error.Limit, error.Setting, error.Message);
        return WireReply.TextAsync(context, error.Status, error.Message);
    }

    /// <summary>Whether there still is an answer to give: what nobody expects, in the middle of an answer, only ends the connection.</summary>
    public static bool CanAnswer(HttpContext context, Exception error) =>
        error is WireException or ServerException or OperationCanceledException or IOException || !context.Response.HasStarted;

    /// <summary>Answers a request that failed on its route.</summary>
    /// <returns>Whether it was the caller's mistake, whatever the status (acl ACL-DEF-5).</returns>
    public async Task<bool> AnswerAsync(WireRequest request, Exception error)
    {
        var (context, route) = (request.Context, request.Route!.Route);
        switch (error)
        {
            case WireException refusal:
                await RefuseAsync(context, refusal);
                return true;
            case ServerException failure:
                await AnswerAsync(request, route, failure);
                return failure.Kind == FailureKind.Mistake;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                await RefuseAsync(context, RequestBody.TooLong());
                return true;
            case BadHttpRequestException { StatusCode: StatusCodes.Status429TooManyRequests }:
                await RefuseAsync(context, LargeRequests.Refusal());
                return true;
            case BadHttpRequestException bad:
                await WireReply.TextAsync(context, bad.StatusCode, bad.Message);
                return false;
            case OperationCanceledException or IOException:
                // Also a connection reset in the middle of a body, and a stop that does not wait for it.
                logger.CallerLeft(request.Method, route.Path);
                return false;
            default:
                logger.RequestBroke(error, request.Method, route.Path);
                await WireReply.TextAsync(context, StatusCodes.Status500InternalServerError, "internal error");
                return false;
        }
    }

    private Task AnswerAsync(WireRequest request, WireRoute route, ServerException error)
    {
        var limit = error.Kind == FailureKind.UnknownToken && request.Token() == TokenText.Unknown ? TokenText.LimitName : error.Limit;
        Note(request.Context, limit, error.Setting, error.Message);
        denials.Note(request, request.Method, route, error);
        if (request.FailsWithQueryHeaders)
        {
            // HDR-3: contract tests compare them.
            WireReply.QueryHeaders(request.Context, index: 1, knownLeader: false);
        }

        logger.RequestFailed(request.Method, route.Path, error.Message.Length <= LongestLoggedError ? error.Message : error.Message[..LongestLoggedError]);
        return PlainTextError.WriteAsync(request, error);
    }

    // Texts are contract, so the setting has a header of its own.
    private void Note(HttpContext context, string? limit, string? setting, string text)
    {
        if (limit is not null)
        {
            limits.Refused(limit);
        }

        if (setting is not null)
        {
            context.Response.Headers["X-Connect-Agent-Setting"] = setting;
            refusals.Note(setting, text);
        }
    }
}
