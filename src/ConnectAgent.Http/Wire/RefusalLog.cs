using System.Collections.Concurrent;

namespace ConnectAgent.Http.Wire;

/// <summary>
/// Says which setting refuses requests, without a line for each of them: the first at once, and those of each quiet time together with the next.
/// </summary>
internal sealed class RefusalLog(TimeProvider clock, ILogger<RefusalLog> logger)
{
    /// <summary>Between two lines about one setting.</summary>
    public static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    // Settings are few, and none of their names comes from a caller.
    private readonly ConcurrentDictionary<string, Refused> _refused = new(StringComparer.Ordinal);

    /// <summary>Notes a refusal.</summary>
    /// <param name="setting">The key of the configuration.</param>
    /// <param name="text">What the caller was told.</param>
    public void Note(string setting, string text)
    {
        var refused = _refused.GetOrAdd(setting, static _ => new Refused());
        long count;
        lock (refused)
        {
            refused.Count++;
            if (refused.SaidAt is { } said && clock.GetElapsedTime(said) < Quiet)
            {
                return;
            }

            (count, refused.Count, refused.SaidAt) = (refused.Count, 0, clock.GetTimestamp());
        }

        logger.Refused(count, setting, text);
    }

    private sealed class Refused
    {
        public long Count { get; set; }

        public long? SaidAt { get; set; }
    }
}
