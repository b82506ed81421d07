using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.Wire;

/// <summary>Clients match on these texts, so they are contract: plain text, no JSON, no newline (http-conventions ERR-1, ERR-3).</summary>
internal static class PlainTextError
{
    public static Task WriteAsync(WireRequest request, ServerException error) =>
        WireReply.TextAsync(request.Context, StatusOf(error), error.Message);

    // ERR-2: a 403 is known by its text, however deep it comes from.
    private static int StatusOf(ServerException error) => error.Kind switch
    {
        FailureKind.UnknownToken or FailureKind.PermissionDenied => StatusCodes.Status403Forbidden,
        _ when error.Message.Contains("Permission denied", StringComparison.Ordinal)
            || error.Message.Contains("ACL not found", StringComparison.Ordinal) => StatusCodes.Status403Forbidden,
        FailureKind.Invalid => StatusCodes.Status400BadRequest,
        FailureKind.NotFound => StatusCodes.Status404NotFound,
        FailureKind.RateLimited => StatusCodes.Status429TooManyRequests,
        _ => StatusCodes.Status500InternalServerError,
    };
}
