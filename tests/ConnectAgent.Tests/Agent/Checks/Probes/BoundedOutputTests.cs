using System.Text;
using ConnectAgent.Agent.Checks.Probes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

public class BoundedOutputTests
{
    // services CHK-2
    [Theory]
    [InlineData("abcd", "abcd")]
    [InlineData("abcde", "abcd ... (captured 4 of 5 bytes)")]
    [InlineData("abcä", "abc ... (captured 3 of 5 bytes)")]
    [InlineData("ää", "ää")]
    [InlineData("", "")]
    public void A_text_is_cut_at_the_bound_between_two_characters(string text, string expected) => BoundedOutput.Bound(text, 4).Should().Be(expected);

    [Fact]
    public void What_comes_in_pieces_is_kept_up_to_the_bound_and_counted_beyond_it()
    {
        var output = new BoundedOutput(10);
        for (var i = 0; i < 1000; i++)
        {
            output.Add("abc"u8);
        }

        output.ToText().Should().Be("abcabcabca ... (captured 10 of 3000 bytes)");
        output.ToText(-1).Should().Be("abcabcabca ... (captured 10 of more bytes)");
    }

    [Fact]
    public void Bytes_that_are_no_text_are_shown_as_far_as_they_are()
    {
        var output = new BoundedOutput(10);
        output.Add([0x61, 0xFF, 0x62]);
        output.ToText().Should().Be("a\uFFFDb");
        Encoding.UTF8.GetByteCount(output.ToText()).Should().Be(5);
    }
}
