using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>A text; numbers and truth values become one.</summary>
internal sealed class TextType : ConfigType
{
    public static TextType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(string.Empty);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding) =>
        Read(value, path, decoding) is { Length: > 0 } text ? JsonValue.Create(text) : null;

    public static string Read(JsonNode? value, string path, ConfigDecoding decoding)
    {
        switch (value?.GetValueKind())
        {
            case null:
                return string.Empty;
            case JsonValueKind.String:
                return value.GetValue<string>();
            case JsonValueKind.Number:
                return value.ToJsonString();
            case JsonValueKind.True:
                return "1";
            case JsonValueKind.False:
                return "0";
            default:
                decoding.Mismatch(path, "string", NameOf(value));
                return string.Empty;
        }
    }
}

/// <summary>A namespace: there is only <c>default</c>, in any letter case, or none (intentions IXN-6).</summary>
internal sealed class NamespaceType : ConfigType
{
    public static NamespaceType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(string.Empty);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        var name = TextType.Read(value, path, decoding);
        if (name.Length == 0)
        {
            return null;
        }

        if (!name.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            decoding.Unknown(path, isNamespace: true);
        }

        return JsonValue.Create("default");
    }
}

/// <summary>A truth value.</summary>
internal sealed class FlagType : ConfigType
{
    public static FlagType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(false);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding) =>
        Read(value, path, decoding) ? JsonValue.Create(true) : null;

    private static bool Read(JsonNode? value, string path, ConfigDecoding decoding)
    {
        switch (value?.GetValueKind())
        {
            case null or JsonValueKind.False:
                return false;
            case JsonValueKind.True:
                return true;
            case JsonValueKind.Number:
                return NumberType.Read(value, path, decoding) != 0;
            case JsonValueKind.String:
                switch (value.GetValue<string>())
                {
                    case "1" or "t" or "T" or "TRUE" or "true" or "True":
                        return true;
                    case "" or "0" or "f" or "F" or "FALSE" or "false" or "False":
                        return false;
                }

                break;
        }

        decoding.Mismatch(path, "bool", NameOf(value));
        return false;
    }
}

/// <summary>A number; <see cref="Whole"/> cuts the fraction off. Texts are parsed.</summary>
internal sealed class NumberType(bool isWhole) : ConfigType
{
    public static NumberType Whole { get; } = new(isWhole: true);

    /// <summary>Kept to two decimals (services CFG-12).</summary>
    public static NumberType Hundredths { get; } = new(isWhole: false);

    public override JsonNode? Empty => JsonNode.Parse("0");

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        var number = Read(value, path, decoding);
        number = isWhole ? decimal.Truncate(number) : decimal.Round(number, 2, MidpointRounding.AwayFromZero);
        return number == 0 ? null : JsonNode.Parse(number.ToString("0.##", CultureInfo.InvariantCulture));
    }

    public static decimal Read(JsonNode? value, string path, ConfigDecoding decoding)
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
                decoding.Mismatch(path, "int", NameOf(value));
                return 0;
        }
    }

    // What no field can hold is refused rather than cut: 18 digits fit into each type that the reference has.
    private static bool TryParse(string text, out decimal number) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out number) && Math.Abs(number) < 1_000_000_000_000_000_000m;
}

/// <summary>A duration: a text with units, or a number of nanoseconds. Shown as text.</summary>
internal sealed class DurationType : ConfigType
{
    public static DurationType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create("0s");

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        TimeSpan duration;
        if (value?.GetValueKind() == JsonValueKind.String && value.GetValue<string>() is { Length: > 0 } text)
        {
            if (!GoDuration.TryParse(text, out duration, out var error))
            {
                decoding.Unparsable(path, error);
            }
        }
        else
        {
            // What is finer than a tick is cut, but never to zero: -1 ns switches a leeway off (acl ACL-AM-4).
            var nanoseconds = NumberType.Read(value, path, decoding);
            var ticks = (long)(nanoseconds / TimeSpan.NanosecondsPerTick);
            duration = new TimeSpan(ticks == 0 ? Math.Sign(nanoseconds) : ticks);
        }

        return duration == TimeSpan.Zero ? null : JsonValue.Create(GoDuration.Format(duration));
    }
}

/// <summary>Accepted, whatever it holds, and forgotten.</summary>
internal sealed class IgnoredType : ConfigType
{
    public static IgnoredType Instance { get; } = new();

    public override JsonNode? Empty => null;

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding) => null;
}
