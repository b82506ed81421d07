namespace ConnectAgent.Http.Wire;

/// <summary>A request that is refused before any work, with the exact text of its rule.</summary>
/// <param name="status">An HTTP status.</param>
/// <param name="text">One plain line; empty for an empty body.</param>
internal sealed class WireException(int status, string text) : Exception(text)
{
    public int Status { get; } = status;

    /// <summary>The name of the bound that refused, where it was one (docs/limits.md).</summary>
    public string? Limit { get; init; }

    /// <summary>The key of the configuration that refused, where it was one.</summary>
    public string? Setting { get; init; }

    public static WireException Invalid(string text) => new(StatusCodes.Status400BadRequest, text);

    /// <summary>The prefix of http-conventions ERR-6.</summary>
    /// <param name="limit">The name of the bound that refused, where it was one.</param>
    public static WireException BadRequest(string text, string? limit = null) =>
        new(StatusCodes.Status400BadRequest, "Bad request: " + text) { Limit = limit };

    /// <summary>A caller's mistake for which a rule asks for 500 (ERR-7).</summary>
    public static WireException Failed(string text) => new(StatusCodes.Status500InternalServerError, text);
}
