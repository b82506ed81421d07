using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Unicode;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// The one form of a request path that permissions are matched against (intentions L7-6). What honest clients send in several spellings is
/// brought into one; what servers are known to read in several ways is ambiguous, and the request is denied.
/// </summary>
/// <remarks>
/// Brought into one form: repeated slashes become one; escapes of characters that a path may hold as they are (RFC 3986 pchar) are decoded;
/// every other escape is written in upper case, and a printable ASCII character that must be escaped is. Case is kept. The result is a fixed
/// point. docs/http-api.md lists what is ambiguous.
/// </remarks>
public static class RequestPath
{
    /// <summary>In characters; bounds the time that an expression takes.</summary>
    [Limit("authorize.path", "characters", "denied")]
    public const int Longest = 8192;

    private const string BadEscape = "invalid percent escape";
    private const string DotSegment = "dot segment";

    // RFC 3986 pchar, without the percent sign.
    private static readonly SearchValues<char> Plain = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@");

    private static readonly SearchValues<char> PlainOrSlash = SearchValues.Create(
        "/ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~!$&'()*+,;=:@");

    /// <summary>The path of a request target as it stands: without query and fragment (L7-4).</summary>
    public static string Of(string target)
    {
        var end = target.AsSpan().IndexOfAny('?', '#');
        return end < 0 ? target : target[..end];
    }

    /// <summary>Brings the path of a request target into the one form.</summary>
    /// <param name="target">As the client sent it, with or without a query.</param>
    /// <param name="path">The path without query and fragment; meaningless when the result is not null.</param>
    /// <returns>Null; or why the path is ambiguous.</returns>
    public static string? Normalize(string target, out string path)
    {
        path = target;
        var mark = target.IndexOf('?', StringComparison.Ordinal);
        var whole = mark < 0 ? target.AsSpan() : target.AsSpan(0, mark);
        if (whole.Length > Longest)
        {
            return "too long";
        }

        if (!whole.StartsWith('/'))
        {
            return "no leading slash";
        }

        if (!whole.ContainsAnyExcept(PlainOrSlash) && whole.IndexOf("//") < 0 && whole.IndexOf("/.") < 0)
        {
            path = mark < 0 ? target : whole.ToString();
            return null;
        }

        var form = new StringBuilder(whole.Length + 16);
        var problem = Write(whole, form);

        // Some servers take a fragment for a part of the path: what is in it must not be ambiguous, either.
        path = form.ToString();
        problem ??= HasDotSegment(path) ? DotSegment : null;
        path = Of(path);
        return problem;
    }

    /// <summary>
    /// The form of a rule's path, so that a rule means the same in whatever spelling it was written. What is ambiguous in it stays, and
    /// matches nothing.
    /// </summary>
    internal static string NormalizeRule(string path)
    {
        var form = new StringBuilder(path.Length + 16);
        Write(path, form);
        return form.ToString();
    }

    // Writes the form of the text; returns the first thing that is ambiguous, which stays as it is.
    private static string? Write(ReadOnlySpan<char> text, StringBuilder form)
    {
        string? problem = null;
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (c == '%')
            {
                problem = WriteEscapes(text, ref i, form) is { } bad ? problem ?? bad : problem;
            }
            else if (c == '/')
            {
                if (form.Length == 0 || form[^1] != '/')
                {
                    form.Append('/');
                }
            }
            else if (Plain.Contains(c) || c == '#')
            {
                form.Append(c);
            }
            else if (c is > ' ' and < '\x7f')
            {
                problem ??= c == '\\' ? "backslash" : null;
                Escape((byte)c, form);
            }
            else
            {
                problem ??= char.IsControl(c) ? "control character" : "character that must be escaped";
                i += WriteOther(text[i..], form) - 1;
            }
        }

        return problem;
    }

    // A space, a control character or one beyond ASCII: in a rule it stands for its escape.
    private static int WriteOther(ReadOnlySpan<char> text, StringBuilder form)
    {
        Rune.DecodeFromUtf16(text, out var rune, out var taken);
        Span<byte> bytes = stackalloc byte[4];
        foreach (var unit in bytes[..rune.EncodeToUtf8(bytes)])
        {
            Escape(unit, form);
        }

        return taken;
    }

    // A run of escapes is looked at as a whole, because only whole characters are UTF-8.
    private static string? WriteEscapes(ReadOnlySpan<char> text, ref int at, StringBuilder form)
    {
        if (!TryByte(text[at..], out var first))
        {
            form.Append('%');
            return BadEscape;
        }

        if (first < 0x80)
        {
            at += 2;
            if (Plain.Contains((char)first))
            {
                form.Append((char)first);
                return null;
            }

            Escape(first, form);
            return first switch
            {
                (byte)'/' => "encoded slash",
                (byte)'\\' => "backslash",
                < 0x20 or 0x7f => "control character",
                _ => null,
            };
        }

        var run = new List<byte>();
        while (TryByte(text[at..], out var next) && next >= 0x80)
        {
            run.Add(next);
            Escape(next, form);
            at += 3;
        }

        at--;
        return Utf8.IsValid(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(run)) ? null : BadEscape;
    }

    private static bool TryByte(ReadOnlySpan<char> text, out byte value)
    {
        value = 0;
        return text.Length > 2 && text[0] == '%' && char.IsAsciiHexDigit(text[1]) && char.IsAsciiHexDigit(text[2])
            && byte.TryParse(text.Slice(1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    private static void Escape(byte value, StringBuilder form) => form.Append(CultureInfo.InvariantCulture, $"%{value:X2}");

    // Servlet containers cut what follows a semicolon before they look for dots.
    private static bool HasDotSegment(ReadOnlySpan<char> path)
    {
        foreach (var range in path.Split('/'))
        {
            var segment = path[range];
            var end = segment.IndexOfAny(';', '#');
            if ((end < 0 ? segment : segment[..end]) is "." or "..")
            {
                return true;
            }
        }

        return false;
    }
}
