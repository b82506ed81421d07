using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectAgent.Protocol.Text;

/// <summary>A duration to the nanosecond, as the reference keeps them; a <see cref="TimeSpan"/> has steps of 100.</summary>
/// <param name="Nanoseconds">With a sign.</param>
[JsonConverter(typeof(ExactDurationConverter))]
public readonly record struct ExactDuration(long Nanoseconds) : IComparable<ExactDuration>
{
    public static ExactDuration Zero => default;

    /// <summary>For waiting; see <see cref="GoDuration.FromNanoseconds"/>.</summary>
    public TimeSpan ToTimeSpan() => GoDuration.FromNanoseconds(Nanoseconds);

    public int CompareTo(ExactDuration other) => Nanoseconds.CompareTo(other.Nanoseconds);

    /// <summary>As the wire shows it.</summary>
    public override string ToString() => GoDuration.FormatNanoseconds(Nanoseconds);

    /// <summary>The same duration to the nanosecond.</summary>
    /// <exception cref="OverflowException">It has more than 292 years.</exception>
    public static implicit operator ExactDuration(TimeSpan duration) => new(checked(duration.Ticks * TimeSpan.NanosecondsPerTick));

    public static bool operator <(ExactDuration one, ExactDuration other) => one.Nanoseconds < other.Nanoseconds;

    public static bool operator >(ExactDuration one, ExactDuration other) => one.Nanoseconds > other.Nanoseconds;

    public static bool operator <=(ExactDuration one, ExactDuration other) => one.Nanoseconds <= other.Nanoseconds;

    public static bool operator >=(ExactDuration one, ExactDuration other) => one.Nanoseconds >= other.Nanoseconds;
}

/// <summary>How one is stored: a number of nanoseconds; the text of a <see cref="TimeSpan"/> is what earlier revisions wrote.</summary>
public sealed class ExactDurationConverter : JsonConverter<ExactDuration>
{
    public override ExactDuration Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.String)
        {
            return new ExactDuration(reader.GetInt64());
        }

        const long Most = long.MaxValue / TimeSpan.NanosecondsPerTick;
        return TimeSpan.TryParseExact(reader.GetString(), "c", CultureInfo.InvariantCulture, out var duration) && duration.Ticks is >= -Most and <= Most
            ? duration
            : throw new JsonException("no duration");
    }

    public override void Write(Utf8JsonWriter writer, ExactDuration value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Nanoseconds);
}
