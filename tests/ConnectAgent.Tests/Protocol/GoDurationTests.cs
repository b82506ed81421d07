using ConnectAgent.Protocol.Text;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>http-conventions IDX-2.</summary>
public sealed class GoDurationTests
{
    [Theory]
    [InlineData("1s", 1000)]
    [InlineData("60000ms", 60000)]
    [InlineData("1h30m", 5400000)]
    [InlineData("1.5s", 1500)]
    [InlineData(".5s", 500)]
    [InlineData("-1s", -1000)]
    [InlineData("+1s", 1000)]
    [InlineData("0", 0)]
    [InlineData("-0", 0)]
    [InlineData("1000us", 1)]
    [InlineData("1000µs", 1)]
    public void A_duration_is_read(string text, double milliseconds)
    {
        GoDuration.TryParse(text, out var duration, out _).Should().BeTrue();
        duration.TotalMilliseconds.Should().Be(milliseconds);
    }

    [Theory]
    [InlineData("abc", "time: invalid duration \"abc\"")]
    [InlineData("10", "time: missing unit in duration \"10\"")]
    [InlineData("00", "time: missing unit in duration \"00\"")]
    [InlineData("1d", "time: unknown unit \"d\" in duration \"1d\"")]
    [InlineData("1S", "time: unknown unit \"S\" in duration \"1S\"")]
    [InlineData("1 s", "time: unknown unit \" s\" in duration \"1 s\"")]
    [InlineData("1e3s", "time: unknown unit \"e\" in duration \"1e3s\"")]
    [InlineData("99999999h", "time: invalid duration \"99999999h\"")]
    [InlineData("", "time: invalid duration \"\"")]
    [InlineData("-", "time: invalid duration \"-\"")]
    public void Anything_else_is_refused(string text, string expected)
    {
        GoDuration.TryParse(text, out _, out var error).Should().BeFalse();
        error.Should().Be(expected);
    }

    [Theory] // to the nanosecond, both ways
    [InlineData("150ns", 150, "150ns")]
    [InlineData("1.00000005s", 1_000_000_050, "1.00000005s")]
    [InlineData("0.000000001s", 1, "1ns")]
    [InlineData("1.5us", 1_500, "1.5µs")]
    [InlineData("999999us", 999_999_000, "999.999ms")]
    [InlineData("1h0.000000001s", 3_600_000_000_001, "1h0m0.000000001s")]
    [InlineData("-1.5h", -5_400_000_000_000, "-1h30m0s")]
    [InlineData("0.1234567899s", 123_456_789, "123.456789ms")]
    [InlineData("9223372036854775807ns", long.MaxValue, "2562047h47m16.854775807s")]
    [InlineData("9223372036.854775807s", long.MaxValue, "2562047h47m16.854775807s")]
    [InlineData("-0", 0, "0s")]
    public void FA_24_A_duration_is_kept_to_the_nanosecond(string text, long expected, string shown)
    {
        GoDuration.TryParseNanoseconds(text, out var nanoseconds, out _).Should().BeTrue();
        nanoseconds.Should().Be(expected);
        GoDuration.FormatNanoseconds(nanoseconds).Should().Be(shown);
        GoDuration.TryParseNanoseconds(shown, out var again, out _).Should().BeTrue();
        again.Should().Be(nanoseconds);
    }

    [Theory]
    [InlineData("9223372036854775808ns")]
    [InlineData("9223372036.854775808s")]
    [InlineData("1h9223372036854775807ns")]
    [InlineData("99999999999999999999999999999999999999999999999999999999999999999999999h")]
    public void FA_24_What_64_bits_do_not_hold_is_refused(string text)
    {
        GoDuration.TryParseNanoseconds(text, out _, out var error).Should().BeFalse();
        error.Should().Be($"time: invalid duration \"{text}\"");
    }

    [Theory] // the reference escapes what is no printable ASCII: an error is a line of the log, too
    [InlineData("a\nb", "time: invalid duration \"a\\x0ab\"")]
    [InlineData("1\"", "time: unknown unit \"\\\"\" in duration \"1\\\"\"")]
    [InlineData("1é", "time: unknown unit \"\\xc3\\xa9\" in duration \"1\\xc3\\xa9\"")]
    public void FA_24_An_error_names_the_text_in_printable_letters(string text, string expected)
    {
        GoDuration.TryParseNanoseconds(text, out _, out var error).Should().BeFalse();
        error.Should().Be(expected);
    }

    [Fact]
    public void A_nanosecond_does_not_vanish()
    {
        GoDuration.TryParse("1ns", out var duration, out _).Should().BeTrue();
        duration.Should().BePositive();
    }
}
