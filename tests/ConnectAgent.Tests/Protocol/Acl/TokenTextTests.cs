using ConnectAgent.Protocol.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Acl;

public sealed class TokenTextTests
{
    [Theory]
    [InlineData('a', 4096, false)]
    [InlineData('a', 4097, true)]
    [InlineData('ü', 2048, false)]
    [InlineData('ü', 2049, true)]
    [InlineData('語', 1366, true)]
    [InlineData('a', 0, false)]
    public void FA_1_The_longest_token_is_counted_in_bytes(char letter, int count, bool isTooLong) =>
        TokenText.IsTooLong(new string(letter, count)).Should().Be(isTooLong);
}
