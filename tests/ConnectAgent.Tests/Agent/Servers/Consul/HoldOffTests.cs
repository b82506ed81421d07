using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

public sealed class HoldOffTests
{
    private static readonly ServerException Refusal = new(FailureKind.RateLimited, "busy");
    private readonly ManualTimeProvider _clock = new();

    [Theory] // never beyond the ceiling of the back-off (CACHE-22)
    [InlineData(5, 5)]
    [InlineData(60, 60)]
    [InlineData(86_400, 60)]
    public void A_pause_lasts_as_long_as_the_server_asked_for_and_not_a_day(int asked, int lasts)
    {
        var pause = new HoldOff(_clock);
        pause.Begin(TimeSpan.FromSeconds(asked), Refusal);
        _clock.Advance(TimeSpan.FromSeconds(lasts) - TimeSpan.FromTicks(1));
        var call = pause.ThrowIfPaused;
        call.Should().Throw<ServerException>().WithMessage("busy").Which.Kind.Should().Be(FailureKind.RateLimited);
        _clock.Advance(TimeSpan.FromTicks(1));
        call.Should().NotThrow();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-3)]
    public void Without_a_time_to_come_there_is_none(int? asked)
    {
        var pause = new HoldOff(_clock);
        pause.Begin(asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null, Refusal);
        var call = pause.ThrowIfPaused;
        call.Should().NotThrow();
    }
}
