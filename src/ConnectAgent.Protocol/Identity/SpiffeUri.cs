using System.Buffers;

namespace ConnectAgent.Protocol.Identity;

/// <summary>The parts of a URI that a SPIFFE ID needs, split as the reference's URL parser splits them (CERT-22, SPIF-1).</summary>
internal readonly ref struct SpiffeUri
{
    private static readonly SearchValues<char> HostCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~!$&'()*+,;=:[]<>\"%");

    private static readonly SearchValues<char> UserCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._:~!$&'()*+,;=%@");

    private SpiffeUri(ReadOnlySpan<char> scheme, ReadOnlySpan<char> authority, ReadOnlySpan<char> path)
    {
        Scheme = scheme;
        Authority = authority;
        Path = path;
    }

    public ReadOnlySpan<char> Scheme { get; }

    /// <summary>Host and port, without user info.</summary>
    public ReadOnlySpan<char> Authority { get; }

    /// <summary>The path as written, escapes kept.</summary>
    public ReadOnlySpan<char> Path { get; }

    public static bool TryRead(ReadOnlySpan<char> text, out SpiffeUri uri)
    {
        uri = default;
        foreach (var c in text)
        {
            if (c is < ' ' or '\u007f')
            {
                return false;
            }
        }

        var fragment = text.IndexOf('#');
        if (fragment >= 0)
        {
            if (!HasGoodEscapes(text[(fragment + 1)..]))
            {
                return false;
            }

            text = text[..fragment];
        }

        var colon = text.IndexOf(':');
        if (colon <= 0 || !IsScheme(text[..colon]))
        {
            // No scheme: the caller reports the missing 'spiffe'; a text that is no URI at all is refused here.
            return colon != 0 && IsRelative(text) && Set(default, default, default, out uri);
        }

        var scheme = text[..colon];
        var rest = text[(colon + 1)..];
        var query = rest.IndexOf('?');
        rest = query < 0 ? rest : rest[..query];
        if (!rest.StartsWith("//", StringComparison.Ordinal))
        {
            // Opaque ("spiffe:x") has neither host nor path.
            return Set(scheme, default, rest.StartsWith('/') ? rest : default, out uri) && HasGoodEscapes(rest);
        }

        rest = rest[2..];
        var slash = rest.IndexOf('/');
        var authority = slash < 0 ? rest : rest[..slash];
        var path = slash < 0 ? default : rest[slash..];
        var at = authority.LastIndexOf('@');
        if (at >= 0)
        {
            if (authority[..at].ContainsAnyExcept(UserCharacters) || !HasGoodEscapes(authority[..at]))
            {
                return false;
            }

            authority = authority[(at + 1)..];
        }

        return IsAuthority(authority) && HasGoodEscapes(path) && Set(scheme, authority, path, out uri);
    }

    private static bool Set(ReadOnlySpan<char> scheme, ReadOnlySpan<char> authority, ReadOnlySpan<char> path, out SpiffeUri uri)
    {
        uri = new SpiffeUri(scheme, authority, path);
        return true;
    }

    private static bool IsRelative(ReadOnlySpan<char> text)
    {
        var end = text.IndexOf('/');
        var first = end < 0 ? text : text[..end];
        return !first.Contains(':') && HasGoodEscapes(text);
    }

    private static bool IsScheme(ReadOnlySpan<char> scheme)
    {
        for (var i = 0; i < scheme.Length; i++)
        {
            var c = scheme[i];
            if (!char.IsAsciiLetter(c) && (i == 0 || !(char.IsAsciiDigit(c) || c is '+' or '-' or '.')))
            {
                return false;
            }
        }

        return true;
    }

    // A host takes no escapes of ASCII characters, and a port is digits only.
    private static bool IsAuthority(ReadOnlySpan<char> authority)
    {
        for (var i = 0; i < authority.Length; i++)
        {
            var c = authority[i];
            if (c >= 0x80)
            {
                continue;
            }

            if (!HostCharacters.Contains(c))
            {
                return false;
            }

            if (c == '%' && (!SpiffePath.IsEscape(authority[i..]) || (authority[i + 1] < '8' && authority.Slice(i, 3) is not "%25")))
            {
                return false;
            }
        }

        var rest = authority;
        if (authority.StartsWith('['))
        {
            // A literal address: after its bracket there is a port or nothing.
            rest = authority[(authority.LastIndexOf(']') + 1)..];
            if (rest.Length == authority.Length || (!rest.IsEmpty && rest[0] != ':'))
            {
                return false;
            }
        }

        var port = rest.LastIndexOf(':');
        return port < 0 || !rest[(port + 1)..].ContainsAnyExceptInRange('0', '9');
    }

    private static bool HasGoodEscapes(ReadOnlySpan<char> text)
    {
        for (var i = text.IndexOf('%'); i >= 0;)
        {
            if (!SpiffePath.IsEscape(text[i..]))
            {
                return false;
            }

            var next = text[(i + 3)..].IndexOf('%');
            i = next < 0 ? -1 : i + 3 + next;
        }

        return true;
    }
}
