using System.Text.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Schema;

/// <summary>The types of values that hold no others.</summary>
public static class SchemaTypes
{
    /// <summary>A text.</summary>
    public static SchemaType<string> Text { get; } = new TextValue();

    /// <summary>A text that may be so long.</summary>
    public static SchemaType<string> TextOf(LengthBound bound) => new TextValue(bound);

    /// <summary>A text of which an empty one is none.</summary>
    public static SchemaType<string?> OptionalText { get; } = new OptionalTextValue();

    /// <summary>A truth value.</summary>
    public static SchemaType<bool> Flag { get; } = new FlagValue();

    /// <summary>A duration: a text with units, or a number of nanoseconds.</summary>
    public static SchemaType<TimeSpan> Duration { get; } = new DurationValue();

    /// <summary>The same to the nanosecond, where it is stored or shown again.</summary>
    public static SchemaType<ExactDuration> ExactDuration { get; } = new ExactDurationValue();

    /// <summary>A time by RFC 3339.</summary>
    public static SchemaType<DateTimeOffset> Time { get; } = new TimeValue();

    /// <summary>A whole number of 64 bits without sign.</summary>
    public static SchemaType<ulong> UInt64 { get; } = new NumberValue<ulong>(NumberRange.UInt64, static number => (ulong)number);

    /// <summary>A whole number of 64 bits, with sign or without.</summary>
    public static SchemaType<decimal> Integer { get; } = new NumberValue<decimal>(new NumberRange("int", long.MinValue, ulong.MaxValue), static number => number);

    /// <summary>A whole number of 32 bits; what is beyond is brought into them by those who take that.</summary>
    public static SchemaType<int> Int32 { get; } = new NumberValue<int>(
        new NumberRange("int", int.MinValue, int.MaxValue), static number => (int)number);

    /// <summary>Any whole number, brought into 32 bits: a rule has words for those that make no sense.</summary>
    public static SchemaType<int> Clamped { get; } = new NumberValue<int>(
        NumberRange.Int, static number => (int)Math.Clamp(number, int.MinValue, int.MaxValue));

    /// <summary>Texts, in a list.</summary>
    public static SchemaType<List<string>> Texts { get; } = new ListType<string>(Text);

    /// <summary>Texts by name.</summary>
    public static SchemaType<Dictionary<string, string>> TextMap { get; } = new MapType<string>(Text, goTarget: "of type map[string]string");

    /// <summary>A number with a fraction.</summary>
    /// <param name="goType">The reference's name of it.</param>
    public static SchemaType<double> Real(string goType) => new RealValue(goType);

    /// <summary>Reads a duration as a count of nanoseconds.</summary>
    public static bool TryDuration(JsonElement value, SchemaDecoding decoding, out long nanoseconds)
    {
        if (value.ValueKind != JsonValueKind.String)
        {
            var isNumber = decoding.TryNumber(value, NumberRange.Duration, out var number);
            nanoseconds = (long)number;
            return isNumber;
        }

        var isOne = GoDuration.TryParseNanoseconds(value.GetString()!, out nanoseconds, out var error);
        if (!isOne)
        {
            decoding.Unparsable(value, error);
        }

        return isOne;
    }

    private sealed class TextValue(LengthBound? bound = null) : SchemaType<string>
    {
        public override string Empty => string.Empty;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out string read)
        {
            var isText = decoding.TryText(value, out read);
            decoding.Bound(bound, read);
            return isText;
        }
    }

    private sealed class OptionalTextValue : SchemaType<string?>
    {
        public override string? Empty => null;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out string? read)
        {
            var isText = decoding.TryText(value, out var text);
            read = text.Length == 0 ? null : text;
            return isText;
        }
    }

    private sealed class FlagValue : SchemaType<bool>
    {
        public override bool Empty => false;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out bool read) => decoding.TryFlag(value, out read);
    }

    private sealed class DurationValue : SchemaType<TimeSpan>
    {
        public override TimeSpan Empty => TimeSpan.Zero;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out TimeSpan read)
        {
            var isOne = TryDuration(value, decoding, out var nanoseconds);
            read = GoDuration.FromNanoseconds(nanoseconds);
            return isOne;
        }
    }

    private sealed class ExactDurationValue : SchemaType<ExactDuration>
    {
        public override ExactDuration Empty => default;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out ExactDuration read)
        {
            var isOne = TryDuration(value, decoding, out var nanoseconds);
            read = new ExactDuration(nanoseconds);
            return isOne;
        }
    }

    private sealed class TimeValue : SchemaType<DateTimeOffset>
    {
        public override DateTimeOffset Empty => default;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out DateTimeOffset read)
        {
            read = default;
            if (value.ValueKind != JsonValueKind.String)
            {
                decoding.Mismatch(value, "time.Time");
                return false;
            }

            if (value.TryGetDateTimeOffset(out read))
            {
                return true;
            }

            var text = GoQuote.Of(value.GetString()!);
            decoding.Unparsable(value, $"parsing time {GoQuote.Of(text)} as {GoQuote.Of("\"2006-01-02T15:04:05Z07:00\"")}: cannot parse {text} as \"2006\"");
            return false;
        }
    }

    private sealed class NumberValue<T>(NumberRange range, Func<decimal, T> convert) : SchemaType<T>
        where T : struct
    {
        public override T Empty => default;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out T read)
        {
            var isNumber = decoding.TryNumber(value, range, out var number);
            read = isNumber ? convert(number) : default;
            return isNumber;
        }
    }

    private sealed class RealValue(string goType) : SchemaType<double>
    {
        public override double Empty => 0;

        public override bool TryRead(JsonElement value, SchemaDecoding decoding, out double read) => decoding.TryReal(value, goType, out read);
    }
}
