using System.Buffers;
using System.Globalization;

namespace ConnectAgent.Protocol.Text;

/// <summary>Durations as the wire and the configuration write them (http-conventions IDX-2): <c>1h30m</c>, <c>1.5s</c>, <c>0</c>.</summary>
public static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, double Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1e3), ("µs", 1e3), ("μs", 1e3), ("ms", 1e6), ("s", 1e9), ("m", 60e9), ("h", 3600e9),
    ];

    /// <summary>Parses a duration.</summary>
    /// <param name="text">Optional sign, then numbers with units; or exactly <c>0</c>. No spaces.</param>
    /// <param name="duration">In ticks of 100 ns: what is finer is cut, but never to zero.</param>
    /// <param name="error">The reference's words, for instance <c>time: invalid duration "zz"</c>.</param>
    public static bool TryParse(string text, out TimeSpan duration, out string error)
    {
        duration = default;
        error = $"time: invalid duration \"{text}\"";
        ReadOnlySpan<char> rest = text;
        var negative = rest.StartsWith('-');
        if (negative || rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        if (rest.IsEmpty)
        {
            return false;
        }

        var total = 0.0;
        while (!rest.IsEmpty)
        {
            var number = rest.IndexOfAnyExcept(Digits);
            var digits = number < 0 ? rest : rest[..number];
            if (digits.IsEmpty || digits is "." || digits.Count('.') > 1)
            {
                return false;
            }

            if (number < 0)
            {
                error = $"time: missing unit in duration \"{text}\"";
                return false;
            }

            rest = rest[number..];
            var end = rest.IndexOfAny(Digits);
            var unit = (end < 0 ? rest : rest[..end]).ToString();
            var scale = Array.Find(Units, known => known.Unit == unit).Nanoseconds;
            if (scale == 0)
            {
                error = $"time: unknown unit \"{unit}\" in duration \"{text}\"";
                return false;
            }

            total += double.Parse(digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture) * scale;
            rest = rest[unit.Length..];
        }

        // The range of a signed 64-bit count of nanoseconds.
        if (total >= long.MaxValue)
        {
            return false;
        }

        var ticks = (long)(total / TimeSpan.NanosecondsPerTick);
        duration = new TimeSpan(ticks == 0 && total > 0 ? 1 : ticks) * (negative ? -1 : 1);
        return true;
    }
}
