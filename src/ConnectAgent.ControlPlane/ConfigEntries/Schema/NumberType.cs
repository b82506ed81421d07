using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>
/// A number; texts are parsed. What the reference's type cannot hold is refused: a client of the reference that reads it could read nothing of
/// its kind any more.
/// </summary>
/// <param name="goType">The reference's name of the type, for error texts.</param>
/// <param name="least">The least that the type holds.</param>
/// <param name="most">The most that the type holds.</param>
/// <param name="decimals">How many are kept; whole numbers are cut, others rounded.</param>
/// <param name="isOptional">Whether the reference tells 0 from "unset": a pointer there.</param>
internal sealed class NumberType(string goType, decimal least, decimal most, int decimals = 0, bool isOptional = false) : ConfigType
{
    public static NumberType Int { get; } = new("int", long.MinValue, long.MaxValue);

    /// <summary>0 is a value of its own.</summary>
    public static NumberType OptionalInt { get; } = new("int", long.MinValue, long.MaxValue, isOptional: true);

    public static NumberType UInt32 { get; } = new("uint32", 0, uint.MaxValue);

    public static NumberType UInt64 { get; } = new("uint64", 0, ulong.MaxValue);

    /// <summary>Kept to two decimals (services CFG-12).</summary>
    public static NumberType Hundredths { get; } = new("float32", -1_000_000_000, 1_000_000_000, decimals: 2);

    public override JsonNode? Empty => isOptional ? null : JsonNode.Parse("0");

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        if (value is null)
        {
            return null;
        }

        var number = Read(value, goType, path, decoding);
        if (number < least || number > most)
        {
            decoding.Overflow(path, value, goType);
            number = Math.Clamp(number, least, most);
        }

        number = decimals == 0 ? decimal.Truncate(number) : decimal.Round(number, decimals, MidpointRounding.AwayFromZero);
        return number == 0 && !isOptional ? null : JsonNode.Parse(number.ToString("0.##", CultureInfo.InvariantCulture));
    }

    /// <summary>Any number; what is beyond a decimal is the most or the least of them.</summary>
    public static decimal Read(JsonNode? value, string goType, string path, ConfigDecoding decoding)
    {
        switch (value?.GetValueKind())
        {
            case null or JsonValueKind.False:
                return 0;
            case JsonValueKind.True:
                return 1;
            case JsonValueKind.Number when TryParse(value.ToJsonString(), out var number):
                return number;
            case JsonValueKind.String when value.GetValue<string>().Length == 0:
                return 0;
            case JsonValueKind.String when TryParse(value.GetValue<string>(), out var number):
                return number;
            default:
                decoding.Mismatch(path, goType, NameOf(value));
                return 0;
        }
    }

    private static bool TryParse(string text, out decimal number)
    {
        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number))
        {
            return true;
        }

        var isOne = double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var real) && double.IsFinite(real);
        number = real > 0 ? decimal.MaxValue : decimal.MinValue;
        return isOne;
    }
}
