using System.Globalization;
using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.Protocol;

/// <summary>certificates CERT-53, intentions DEF-12.</summary>
public sealed class SerialNumberTests
{
    private static readonly Gen<byte[]> Numbers =
        from first in Gen.Choose(1, 255)
        from rest in Gen.Choose(0, 255).ListOf()
        select (byte[])[(byte)first, .. rest.Take(19).Select(octet => (byte)octet)];

    [Theory]
    [InlineData("08", "08")]
    [InlineData("8", "08")]
    [InlineData("01:2c", "01:2c")]
    [InlineData("012C", "01:2c")]
    [InlineData("12c", "01:2c")]
    [InlineData("00:00:01:2C", "01:2c")]
    [InlineData("00", "00")]
    [InlineData("ff:ff:ff:ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff:ff:ff:ff")]
    [InlineData("1:2c", "01:2c")]
    [InlineData("0x12c", "01:2c")]
    [InlineData("01-2c", "01:2c")]
    [InlineData("01 2c", "01:2c")]
    [InlineData(" 8\t", "08")]
    [InlineData("0:0", "00")]
    [InlineData("0x0", "00")]
    public void Every_spelling_of_a_serial_has_one_normal_form(string text, string normal)
    {
        SerialNumber.TryNormalize(text, out var found).Should().BeTrue();
        found.Should().Be(normal);
    }

    [Theory]
    [InlineData("")]
    [InlineData(":")]
    [InlineData("01:")]
    [InlineData("01::2c")]
    [InlineData("01: 2c")]
    [InlineData("01:2c0")]
    [InlineData("01:2c\0")]
    [InlineData("12c\0")]
    [InlineData("0x")]
    [InlineData("0x0x1")]
    [InlineData("+8")]
    [InlineData("\uff18")]
    [InlineData(" ")]
    [InlineData("-1")]
    [InlineData("serial")]
    [InlineData("0102030405060708091011121314151617181920212223")]
    [InlineData("01:02:03:04:05:06:07:08:09:10:11:12:13:14:15:16:17:18:19:20:21:22")]
    public void Anything_else_is_no_serial(string text) => SerialNumber.TryNormalize(text, out _).Should().BeFalse();

    [Theory]
    [InlineData("01:2c", true, 300UL)]
    [InlineData("00", true, 0UL)]
    [InlineData("ff:ff:ff:ff:ff:ff:ff:ff", true, ulong.MaxValue)]
    [InlineData("0xFF", true, 255UL)]
    [InlineData("", false, 0UL)]
    [InlineData("+8", false, 0UL)]
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

    [Fact]
    public void FA_3_Every_spelling_of_a_number_is_that_number() => Prop.ForAll(
        (from number in Numbers from text in SpellingsOf(number) select (number, text)).ToArbitrary(),
        pair => SerialNumber.TryNormalize(pair.text, out var normal)
            && normal == ColonHex.FormatSerial(pair.number)
            && SerialNumber.IsNormal(normal)
            && SerialNumber.TryCount(pair.text, out var count) == (pair.number.Length <= 8)
            && (pair.number.Length > 8 || SerialNumber.Format(count) == normal))
        .Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    [Fact]
    public void FA_3_What_is_read_is_read_again_as_the_same_and_a_normal_form_is_its_own() => Prop.ForAll(
        Gen.Elements("0aF1:- x\t\0+g".ToCharArray()).ListOf().Select(letters => string.Concat(letters)).ToArbitrary(),
        text =>
        {
            var isSerial = SerialNumber.TryNormalize(text, out var normal);
            return isSerial
                ? SerialNumber.IsNormal(normal) && SerialNumber.TryNormalize(normal, out var again) && again == normal
                : normal.Length == 0 && !SerialNumber.IsNormal(text);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));

    [Fact] // a hostile server's certificate decides how long its serial and key identifiers are
    public void FA_3_A_text_of_any_length_is_made_without_the_stack() =>
        ColonHex.Format(new byte[4 * 1024 * 1024]).Should().HaveLength((3 * 4 * 1024 * 1024) - 1);

    // What people and programs make of a number.
    private static Gen<string> SpellingsOf(byte[] number) =>
        from zeros in Gen.Choose(0, 30)
        from separator in Gen.Elements("", ":", "-", " ", "mixed")
        from seeds in Gen.Choose(0, int.MaxValue)
        from isUpper in Gen.Elements(true, false)
        from prefix in Gen.Elements("", "", "0x", "0X")
        from start in Gen.Elements("", "", " ", "\t\n ")
        from end in Gen.Elements("", "", " ", "\r\n")
        select start + prefix + Join([.. new byte[zeros], .. number], separator, new Random(seeds), isUpper) + end;

    private static string Join(byte[] octets, string separator, Random random, bool isUpper)
    {
        var text = string.Empty;
        for (var i = 0; i < octets.Length; i++)
        {
            var octet = octets[i].ToString("x2", CultureInfo.InvariantCulture);
            text += (i > 0 && separator.Length > 0 ? separator == "mixed" ? ":- "[random.Next(3)] : separator : "")
                + (octet[0] == '0' && (separator.Length > 0 || i == 0) && random.Next(2) == 0 ? octet[1..] : octet);
        }

        return isUpper ? text.ToUpperInvariant() : text;
    }
}
