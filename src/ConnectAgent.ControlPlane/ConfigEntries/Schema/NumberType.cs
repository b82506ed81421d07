using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>A number; texts are parsed.</summary>
/// <param name="range">What it can be; what is beyond is refused, or brought into it.</param>
/// <param name="decimals">How many are kept; whole numbers are cut, others rounded.</param>
/// <param name="isOptional">Whether the reference tells 0 from "unset": a pointer there.</param>
internal sealed class NumberType(NumberRange range, int decimals = 0, bool isOptional = false) : ConfigType
{
    public static NumberType Int { get; } = new(NumberRange.Int);

    /// <summary>0 is a value of its own.</summary>
    public static NumberType OptionalInt { get; } = new(NumberRange.Int, isOptional: true);

    public static NumberType UInt32 { get; } = new(NumberRange.UInt32);

    public static NumberType UInt64 { get; } = new(NumberRange.UInt64);

    /// <summary>Kept to two decimals (services CFG-12).</summary>
    public static NumberType Hundredths { get; } = new(new NumberRange("float32", -1_000_000_000, 1_000_000_000), decimals: 2);

    public override JsonNode? Empty => isOptional ? null : JsonNode.Parse("0");

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding)
    {
        _ = decoding.TryNumber(value, range, out var number);
        number = decimals == 0 ? decimal.Truncate(number) : decimal.Round(number, decimals, MidpointRounding.AwayFromZero);
        return number == 0 && !isOptional ? null : JsonNode.Parse(number.ToString("0.##", CultureInfo.InvariantCulture));
    }
}
