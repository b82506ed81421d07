using System.Buffers;
using System.Globalization;
using System.Text;

namespace ConnectAgent.Protocol.Text;

/// <summary>
/// Durations as the wire and the configuration write them (http-conventions IDX-2): <c>1h30m</c>, <c>1.5s</c>, <c>0</c>. The reference counts
/// nanoseconds in 64 bits with a sign, so what is stored and shown again is kept as such a count; what is only waited for is a
/// <see cref="TimeSpan"/>.
/// </summary>
public static class GoDuration
{
    private static readonly SearchValues<char> Digits = SearchValues.Create("0123456789.");

    private static readonly (string Unit, long Nanoseconds)[] Units =
    [
        ("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000), ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
    ];

    /// <summary>Parses a duration.</summary>
    /// <param name="text">Optional sign, then numbers with units; or exactly <c>0</c>. No spaces.</param>
    /// <param name="duration">In ticks of 100 ns, as <see cref="FromNanoseconds"/> makes them.</param>
    /// <param name="error">The reference's words, for instance <c>time: invalid duration "zz"</c>.</param>
    public static bool TryParse(string text, out TimeSpan duration, out string error)
    {
        var isOne = TryParseNanoseconds(text, out var nanoseconds, out error);
        duration = FromNanoseconds(nanoseconds);
        return isOne;
    }

    /// <summary>Parses a duration to the nanosecond.</summary>
    /// <inheritdoc cref="TryParse"/>
    public static bool TryParseNanoseconds(string text, out long nanoseconds, out string error)
    {
        nanoseconds = 0;
        error = string.Empty;
        ReadOnlySpan<char> rest = text;
        var isNegative = rest.StartsWith('-');
        if (isNegative || rest.StartsWith('+'))
        {
            rest = rest[1..];
        }

        if (rest is "0")
        {
            return true;
        }

        // Beyond the range of the count it only has to stay beyond it.
        var total = rest.IsEmpty ? -1 : (Int128)0;
        while (!rest.IsEmpty && total >= 0 && total <= long.MaxValue)
        {
            var number = rest.IndexOfAnyExcept(Digits);
            var digits = number < 0 ? rest : rest[..number];
            if (digits.IsEmpty || digits is "." || digits.Count('.') > 1)
            {
                total = -1;
                break;
            }

            if (number < 0)
            {
                error = $"time: missing unit in duration {Quote(text)}";
                return false;
            }

            rest = rest[number..];
            var end = rest.IndexOfAny(Digits);
            var unit = end < 0 ? rest : rest[..end];
            var scale = ScaleOf(unit);
            if (scale == 0)
            {
                error = $"time: unknown unit {Quote(unit)} in duration {Quote(text)}";
                return false;
            }

            total += Scaled(digits, scale);
            rest = rest[unit.Length..];
        }

        if (total < 0 || total > long.MaxValue)
        {
            error = $"time: invalid duration {Quote(text)}";
            return false;
        }

        nanoseconds = isNegative ? -(long)total : (long)total;
        return true;
    }

    /// <summary>Ticks of 100 ns: what is finer is cut, but never to zero, because zero often means "unset" (acl ACL-AM-4).</summary>
    public static TimeSpan FromNanoseconds(long nanoseconds)
    {
        var ticks = nanoseconds / TimeSpan.NanosecondsPerTick;
        return new TimeSpan(ticks == 0 ? Math.Sign(nanoseconds) : ticks);
    }

    /// <summary>As the wire shows it: <c>1h30m0s</c>, <c>15s</c>, <c>1.5s</c>, <c>20ms</c>, <c>0s</c>.</summary>
    public static string Format(TimeSpan duration) => Format((decimal)duration.Ticks * TimeSpan.NanosecondsPerTick);

    /// <inheritdoc cref="Format(TimeSpan)"/>
    public static string FormatNanoseconds(long nanoseconds) => Format((decimal)nanoseconds);

    private static string Format(decimal nanoseconds)
    {
        var sign = nanoseconds < 0 ? "-" : string.Empty;
        var left = Math.Abs(nanoseconds);
        switch (left)
        {
            case 0:
                return "0s";
            case < 1_000:
                return $"{sign}{Number(left)}ns";
            case < 1_000_000:
                return $"{sign}{Number(left / 1_000)}µs";
            case < 1_000_000_000:
                return $"{sign}{Number(left / 1_000_000)}ms";
        }

        const decimal Minute = 60_000_000_000;
        var minutes = decimal.Floor(left / Minute);
        var seconds = Number((left - (minutes * Minute)) / 1_000_000_000) + "s";
        return minutes switch
        {
            0 => sign + seconds,
            < 60 => $"{sign}{Number(minutes)}m{seconds}",
            _ => $"{sign}{Number(decimal.Floor(minutes / 60))}h{Number(minutes % 60)}m{seconds}",
        };
    }

    private static long ScaleOf(ReadOnlySpan<char> unit)
    {
        foreach (var (name, nanoseconds) in Units)
        {
            if (unit.SequenceEqual(name))
            {
                return nanoseconds;
            }
        }

        return 0;
    }

    // The whole part exactly; of the fraction the 18 digits that can matter.
    private static Int128 Scaled(ReadOnlySpan<char> digits, long scale)
    {
        const int FractionDigits = 18;
        var point = digits.IndexOf('.');
        Int128 total = 0;
        foreach (var digit in point < 0 ? digits : digits[..point])
        {
            total = (total * 10) + (digit - '0');
            if (total > long.MaxValue)
            {
                return total;
            }
        }

        total *= scale;
        var (fraction, divisor) = ((Int128)0, (Int128)1);
        foreach (var digit in point < 0 ? [] : digits[(point + 1)..][..Math.Min(FractionDigits, digits.Length - point - 1)])
        {
            (fraction, divisor) = ((fraction * 10) + (digit - '0'), divisor * 10);
        }

        return total + (fraction * scale / divisor);
    }

    private static string Number(decimal number) => number.ToString("0.#########", CultureInfo.InvariantCulture);

    // The reference escapes every byte that is no printable ASCII.
    private static string Quote(ReadOnlySpan<char> text)
    {
        var quoted = new StringBuilder("\"");
        Span<byte> bytes = stackalloc byte[4];
        foreach (var rune in text.EnumerateRunes())
        {
            if (rune.IsAscii && rune.Value >= ' ')
            {
                quoted.Append(rune.Value is '"' or '\\' ? "\\" : string.Empty).Append((char)rune.Value);
                continue;
            }

            foreach (var value in bytes[..rune.EncodeToUtf8(bytes)])
            {
                quoted.Append(CultureInfo.InvariantCulture, $"\\x{value:x2}");
            }
        }

        return quoted.Append('"').ToString();
    }
}
