namespace ConnectAgent.Protocol.Intentions;

/// <summary>Precedence and order of intentions (intentions section 4).</summary>
public static class IntentionPrecedence
{
    /// <summary>PREC-2: descending precedence, then byte order of peer, source and destination.</summary>
    public static IComparer<Intention> Order { get; } = Comparer<Intention>.Create(Compare);

    /// <summary>PREC-1: a wildcard source on an exact destination (8) beats an exact source on the wildcard destination (6).</summary>
    public static int Of(string source, string destination) => (source, destination) switch
    {
        (Intention.Wildcard, Intention.Wildcard) => 5,
        (_, Intention.Wildcard) => 6,
        (Intention.Wildcard, _) => 8,
        _ => 9,
    };

    private static int Compare(Intention a, Intention b)
    {
        var order = b.Precedence.CompareTo(a.Precedence);
        if (order == 0)
        {
            order = CompareBytes(a.SourcePeer ?? string.Empty, b.SourcePeer ?? string.Empty);
        }

        if (order == 0)
        {
            order = CompareBytes(a.SourceName, b.SourceName);
        }

        return order != 0 ? order : CompareBytes(a.DestinationName, b.DestinationName);
    }

    // UTF-16 code unit order differs from UTF-8 byte order only where surrogates meet U+E000 and above.
    private static int CompareBytes(string a, string b)
    {
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same < a.Length && same < b.Length)
        {
            return char.IsSurrogate(a[same]) == char.IsSurrogate(b[same])
                ? a[same].CompareTo(b[same])
                : char.IsSurrogate(a[same]).CompareTo(char.IsSurrogate(b[same]));
        }

        return a.Length.CompareTo(b.Length);
    }
}
