using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Agent.Authorization;

/// <summary>How much memory an intention takes in a match, with its place in the match's table. The constants are measured (CacheWeightTests).</summary>
internal static class IntentionSize
{
    private const long Itself = 330;
    private const long Permission = 250;
    private const long Pair = 120;

    public static long Of(Intention intention) => Itself
        + TextsOf(intention.SourceName, intention.DestinationName, intention.Description, intention.Id, intention.Hash, intention.SourcePeer)
        + (intention.Meta ?? new Dictionary<string, string>()).Sum(pair => Pair + TextsOf(pair.Key, pair.Value))
        + (intention.Permissions ?? []).Sum(Of);

    // What is compiled from a condition takes about as much again as its text.
    private static long Of(IntentionPermission permission) => Permission + (permission.Http is not { } http ? 0
        : (2 * TextsOf(http.PathExact, http.PathPrefix, http.PathRegex))
        + (http.Methods ?? []).Sum(method => Pair + TextsOf(method))
        + (http.Headers ?? []).Sum(header =>
            Permission + (2 * TextsOf(header.Name, header.Exact, header.Prefix, header.Suffix, header.Regex))));

    private static long TextsOf(params ReadOnlySpan<string?> texts)
    {
        var length = 0L;
        foreach (var text in texts)
        {
            length += text?.Length ?? 0;
        }

        return sizeof(char) * length;
    }
}
