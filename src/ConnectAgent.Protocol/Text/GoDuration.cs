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

    /// <summary>As the wire shows it: <c>1h30m0s</c>, <c>15s</c>, <c>1.5s</c>, <c>20ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration)
    {
        if (duration == TimeSpan.Zero)
        {
            return "0s";
        }

        var ticks = duration.Ticks.ToString(CultureInfo.InvariantCulture).AsSpan();
        var sign = ticks[0] == '-' ? "-" : string.Empty;
        var left = decimal.Parse(ticks[sign.Length..], NumberStyles.None, CultureInfo.InvariantCulture);
        var (unit, scale) = left < TimeSpan.TicksPerMillisecond ? (left < TimeSpan.TicksPerMicrosecond ? ("ns", 0.01m) : ("µs", TimeSpan.TicksPerMicrosecond))
            : left < TimeSpan.TicksPerSecond ? ("ms", TimeSpan.TicksPerMillisecond)
            : ("s", (decimal)TimeSpan.TicksPerSecond);
        if (left < TimeSpan.TicksPerMinute)
        {
            return sign + Number(left / scale) + unit;
        }

        var minutes = decimal.Floor(left / TimeSpan.TicksPerMinute);
        var seconds = Number((left - (minutes * TimeSpan.TicksPerMinute)) / TimeSpan.TicksPerSecond) + "s";
        return minutes < 60
            ? $"{sign}{Number(minutes)}m{seconds}"
            : $"{sign}{Number(decimal.Floor(minutes / 60))}h{Number(minutes % 60)}m{seconds}";
    }

    private static string Number(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);
}
