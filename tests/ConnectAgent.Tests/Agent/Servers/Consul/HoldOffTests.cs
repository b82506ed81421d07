using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.TestKit;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

public sealed class HoldOffTests
{
    private static readonly ServerException Away = new(FailureKind.Unreachable, "gone");
    private static readonly ServerException Refusal = new(FailureKind.RateLimited, "busy");
    private readonly ManualTimeProvider _clock = new();

    [Theory] // never beyond the ceiling of the back-off (CACHE-22)
    [InlineData(5, 5)]
    [InlineData(60, 60)]
    [InlineData(86_400, 60)]
    public void A_pause_lasts_as_long_as_the_server_asked_for_and_not_a_day(int asked, int lasts)
    {
        var pause = new HoldOff(_clock, new Random(3));
        pause.Failed(Refusal, TimeSpan.FromSeconds(asked));
        _clock.Advance(TimeSpan.FromSeconds(lasts) - TimeSpan.FromTicks(1));
        var call = () => pause.Enter(holds: false);
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
        var pause = new HoldOff(_clock, new Random(3));
        pause.Failed(Refusal, asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null);
        var call = () => pause.Enter(holds: false);
        call.Should().NotThrow();
    }

    [Fact] // design decision 8: three for free, then 0.5 to 1 s, doubling up to 4 to 8 s
    public void Failures_in_a_row_are_answered_with_growing_pauses()
    {
        var pause = new HoldOff(_clock, new Random(3));
        List<TimeSpan> pauses = [];
        for (var failure = 1; failure <= 9; failure++)
        {
            pause.Enter(holds: false);
            pause.Failed(Away, retryAfter: null);
            pauses.Add(pause.Remaining);
            _clock.Advance(pause.Remaining);
        }

        pauses.Take(3).Should().OnlyContain(length => length == TimeSpan.Zero);
        pauses.Skip(3).Zip([1.0, 2, 4, 8, 8, 8]).Should().OnlyContain(
            pair => pair.First > TimeSpan.FromSeconds(pair.Second / 2) && pair.First <= TimeSpan.FromSeconds(pair.Second));
    }

    [Fact] // and not the thousands that have waited for it
    public void After_a_pause_one_call_tries()
    {
        var pause = Paused();
        var call = () => pause.Enter(holds: false);
        call.Should().Throw<ServerException>().WithMessage("rpc error getting client: failed to get conn: not tried again yet, after: gone");
        _clock.Advance(pause.Remaining);
        call.Should().NotThrow();
        call.Should().Throw<ServerException>("it is not known yet how that went");
        pause.Failed(Away, retryAfter: null);
        pause.Remaining.Should().BePositive();
        _clock.Advance(pause.Remaining);
        call.Should().NotThrow();
        pause.Succeeded();
        call.Should().NotThrow();
        call.Should().NotThrow();
    }

    [Fact] // a thousand calls that one crash ends are one failure
    public void Failures_during_a_pause_do_not_lengthen_it()
    {
        var pause = Paused();
        var left = pause.Remaining;
        for (var i = 0; i < 1000; i++)
        {
            pause.Failed(Away, retryAfter: null);
        }

        pause.Remaining.Should().Be(left);
    }

    [Fact] // its successes elsewhere tell nothing of the signer's limit
    public void What_the_server_asked_for_holds_whatever_succeeds()
    {
        var pause = new HoldOff(_clock, new Random(3));
        pause.Failed(Refusal, TimeSpan.FromSeconds(30));
        pause.Succeeded();
        pause.Remaining.Should().Be(TimeSpan.FromSeconds(30));
    }

    private HoldOff Paused()
    {
        var pause = new HoldOff(_clock, new Random(3));
        for (var i = 0; i < 4; i++)
        {
            pause.Failed(Away, retryAfter: null);
        }

        return pause;
    }
}
