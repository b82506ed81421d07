namespace ConnectAgent.Http.Wire;

/// <summary>The request target: splitting, decoding and cleaning of paths (http-conventions PATH-1 to PATH-5).</summary>
internal static class WireTarget
{
    /// <summary>Splits the target as sent; an absolute form loses its scheme and host.</summary>
    public static (string Path, string Query) Split(string target)
    {
        if (!target.StartsWith('/'))
        {
            var authority = target.IndexOf("://", StringComparison.Ordinal);
            var start = authority < 0 ? -1 : target.IndexOfAny(['/', '?'], authority + 3);
            target = start < 0 ? "/" : target[start] == '?' ? "/" + target[start..] : target[start..];
        }

        var mark = target.IndexOf('?', StringComparison.Ordinal);
        return mark < 0 ? (target, string.Empty) : (target[..mark], target[(mark + 1)..]);
    }

    public static bool TryDecodePath(string path, out string decoded)
    {
        if (path.Contains('%', StringComparison.Ordinal))
        {
            return WireQuery.TryDecode(path, plusIsSpace: false, out decoded);
        }

        decoded = path;
        return true;
    }

    /// <summary>
    /// The path without empty, <c>.</c> and <c>..</c> segments; null when it is clean already (PATH-1). Of a path as it was sent: a slash that was sent as
    /// <c>%2F</c> is part of a name, which may begin or end with one, or have two in a row.
    /// </summary>
    public static string? Clean(string path)
    {
        if (!path.Contains("//", StringComparison.Ordinal) && !path.Contains("/.", StringComparison.Ordinal))
        {
            return null;
        }

        List<string> kept = [];
        foreach (var segment in path.Split('/'))
        {
            if (segment == "..")
            {
                kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            }
            else if (segment is not ("" or "."))
            {
                kept.Add(segment);
            }
        }

        var cleaned = "/" + string.Join('/', kept);
        if (path.EndsWith('/') && cleaned.Length > 1)
        {
            cleaned += "/";
        }

        return cleaned == path ? null : cleaned;
    }
}
