using System.Buffers;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// What may stand in a request (RFC 9110 section 5). A caller that asks about anything else has read the request in another way than the service behind
/// it may, and nobody can say what was sent.
/// </summary>
internal static class FieldText
{
    private static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    /// <summary>A method.</summary>
    public static bool IsToken(ReadOnlySpan<char> text) => !text.IsEmpty && !text.ContainsAnyExcept(TokenCharacters);

    /// <summary>The name of a header, or of a pseudo-header.</summary>
    public static bool IsName(ReadOnlySpan<char> text) => IsToken(text.StartsWith(':') ? text[1..] : text);

    /// <summary>The value of a header: no control characters but tabs.</summary>
    public static bool IsValue(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (c is (< ' ' and not '\t') or '\x7f')
            {
                return false;
            }
        }

        return true;
    }
}
