using System.Globalization;

namespace ConnectAgent.Protocol.Schema;

/// <summary>What numbers a type of the reference holds. What it cannot hold is refused: a client of the reference could not read it.</summary>
/// <param name="GoType">The reference's name of the type, for error texts.</param>
/// <param name="Least">The least that it holds.</param>
/// <param name="Most">The most that it holds.</param>
public sealed record NumberRange(string GoType, decimal Least, decimal Most)
{
    /// <summary>A whole number with sign.</summary>
    public static NumberRange Int { get; } = new("int", long.MinValue, long.MaxValue);

    /// <summary>Any number that is looked at and not kept.</summary>
    public static NumberRange Any { get; } = new("int", decimal.MinValue, decimal.MaxValue);

    /// <summary>A whole number without sign.</summary>
    public static NumberRange UInt32 { get; } = new("uint32", 0, uint.MaxValue);

    /// <inheritdoc cref="UInt32"/>
    public static NumberRange UInt64 { get; } = new("uint64", 0, ulong.MaxValue);

    /// <summary>A duration's nanoseconds.</summary>
    public static NumberRange Duration { get; } = new("time.Duration", long.MinValue, long.MaxValue);

    /// <summary>Parses any number; what is beyond a decimal is the most or the least of them.</summary>
    public static bool TryParse(string text, out decimal number)
    {
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        var isOne = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real);
        number = !isOne ? 0 : real > 0 ? decimal.MaxValue : decimal.MinValue;
        return isOne;
    }
}
