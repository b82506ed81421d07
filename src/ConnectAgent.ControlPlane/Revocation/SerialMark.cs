using System.Collections.Immutable;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>
/// A point of the map from times to serials: every certificate signed before <see cref="At"/> has a serial below <see cref="Serial"/>.
/// </summary>
/// <param name="At">Read before the serial was taken, which is what makes the sentence above true.</param>
/// <param name="Serial">A value of the one counter (certificates CERT-48).</param>
/// <param name="LeafLife">LeafCertTTL at that time: how long what was signed before may live.</param>
internal sealed record SerialMark(DateTimeOffset At, ulong Serial, TimeSpan LeafLife);

/// <summary>Decisions about marks; pure.</summary>
internal static class SerialMarks
{
    /// <summary>How many marks are kept; longer-lived leaves have them further apart.</summary>
    [Limit("revocation.serial_marks", "marks", "the oldest is deleted")]
    public const int Most = 4096;

    /// <summary>The least distance of two marks.</summary>
    public static readonly TimeSpan LeastInterval = TimeSpan.FromMinutes(1);

    /// <summary>The key of a mark; keys sort as serials do.</summary>
    public static string KeyOf(ulong serial) => serial.ToString("x16", System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>The distance of two marks, so that <see cref="Most"/> of them cover the longest life; whole seconds.</summary>
    public static TimeSpan Interval(TimeSpan longestLife) =>
        longestLife / Most > LeastInterval ? TimeSpan.FromSeconds(Math.Ceiling((longestLife / Most).TotalSeconds)) : LeastInterval;

    /// <summary>The longest life that any leaf may have which is still valid: LeafCertTTL may have been longer than it is.</summary>
    public static TimeSpan LongestLife(ImmutableSortedDictionary<string, SerialMark> marks, TimeSpan leafLife) =>
        marks.Values.Aggregate(leafLife, static (longest, mark) => mark.LeafLife > longest ? mark.LeafLife : longest);

    /// <summary>The lowest known serial that no certificate signed before a time reaches.</summary>
    /// <param name="marks">By serial.</param>
    /// <param name="time">Not after now.</param>
    /// <param name="next">A mark of now: what holds when no older one does.</param>
    /// <remarks>
    /// Walks back from now for as long as the marks lie after the time: a clock that was set back in between can only make more certificates
    /// count as signed before, never fewer.
    /// </remarks>
    public static SerialMark Before(ImmutableSortedDictionary<string, SerialMark> marks, DateTimeOffset time, SerialMark next)
    {
        var before = next;
        foreach (var mark in marks.Values.Reverse())
        {
            if (mark.At < time)
            {
                return before;
            }

            before = mark;
        }

        return before;
    }

    /// <summary>The keys of marks that are of no use any more: every certificate signed before them has ended, or there are too many.</summary>
    public static IReadOnlyList<string> Surplus(
        ImmutableSortedDictionary<string, SerialMark> marks, DateTimeOffset now, TimeSpan longestLife) =>
        [.. marks.Where((mark, place) => mark.Value.At + longestLife < now || place < marks.Count - Most).Select(mark => mark.Key)];
}
