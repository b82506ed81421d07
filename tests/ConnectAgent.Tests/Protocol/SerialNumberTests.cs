using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>certificates CERT-53, intentions DEF-12.</summary>
public sealed class SerialNumberTests
{
    [Theory]
    [InlineData("08", "08")]
    [InlineData("8", "08")]
    [InlineData("01:2c", "01:2c")]
    [InlineData("012C", "01:2c")]
    [InlineData("12c", "01:2c")]
    [InlineData("00:00:01:2C", "01:2c")]
    [InlineData("00", "00")]
    [InlineData("ff:ff:ff:ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff:ff:ff:ff")]
    public void Every_spelling_of_a_serial_has_one_normal_form(string text, string normal)
    {
        SerialNumber.TryNormalize(text, out var found).Should().BeTrue();
        found.Should().Be(normal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("1:2c")]
    [InlineData("01:")]
    [InlineData("01::2c")]
    [InlineData("0x12c")]
    [InlineData("-1")]
    [InlineData(" 8")]
    [InlineData("8 ")]
    [InlineData("serial")]
    [InlineData("01-2c")]
    [InlineData("0102030405060708091011121314151617181920212223")]
    [InlineData("01:02:03:04:05:06:07:08:09:10:11:12:13:14:15:16:17:18:19:20:21:22")]
    public void Anything_else_is_no_serial(string text) => SerialNumber.TryNormalize(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("01:2c", true, 300UL)]
    [InlineData("00", true, 0UL)]
    [InlineData("ff:ff:ff:ff:ff:ff:ff:ff", true, ulong.MaxValue)]
    [InlineData("01:00:00:00:00:00:00:00:00", false, 0UL)]
    public void A_serial_of_up_to_64_bits_is_a_count(string normal, bool counts, ulong number)
    {
        SerialNumber.TryCount(normal, out var found).Should().Be(counts);
        found.Should().Be(number);
    }

    [Theory]
    [InlineData(0UL, "00")]
    [InlineData(8UL, "08")]
    [InlineData(300UL, "01:2c")]
    [InlineData(ulong.MaxValue, "ff:ff:ff:ff:ff:ff:ff:ff")]
    public void A_count_has_the_form_of_a_serial(ulong number, string text) => SerialNumber.Format(number).Should().Be(text);
}
