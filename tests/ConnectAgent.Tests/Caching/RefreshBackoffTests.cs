using ConnectAgent.Caching;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

public sealed class RefreshBackoffTests
{
    [Theory] // CACHE-22
    [InlineData(0, 0, 0)]
    [InlineData(3, 0, 0)]
    [InlineData(4, 2, 4)]
    [InlineData(5, 4, 8)]
    [InlineData(6, 8, 16)]
    [InlineData(7, 16, 32)]
    [InlineData(8, 32, 64)]
    [InlineData(9, 60, 120)]
    [InlineData(1000, 60, 120)]
    public void The_pause_doubles_from_the_fourth_failure_on(int failures, double least, double most)
    {
        RefreshBackoff.Pause(failures, 0).TotalSeconds.Should().Be(least);
        RefreshBackoff.Pause(failures, 0.999999).TotalSeconds.Should().BeLessThanOrEqualTo(most).And.BeGreaterThanOrEqualTo(least);
    }
}
