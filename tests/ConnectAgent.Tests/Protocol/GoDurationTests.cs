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

    [Fact]
    public void A_nanosecond_does_not_vanish()
    {
        GoDuration.TryParse("1ns", out var duration, out _).Should().BeTrue();
        duration.Should().BePositive();
    }
}
