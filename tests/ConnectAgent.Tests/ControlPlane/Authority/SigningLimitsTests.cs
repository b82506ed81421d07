using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Authority;

/// <summary>ca section 5.</summary>
public sealed class SigningLimitsTests
{
    private readonly ManualTimeProvider _clock = new();

    [Fact] // CA-70, CA-73: 0.1/s: the second at once is refused without a wait
    public async Task Given_a_slow_rate_When_a_second_comes_at_once_Then_it_is_refused_until_the_next_token()
    {
        using var limits = new SigningLimits(0.1, 0, _clock);
        (await limits.EnterAsync(CancellationToken.None)).Dispose();
        await Refused(limits);
        _clock.Advance(TimeSpan.FromSeconds(9.4));
        await Refused(limits);
        _clock.Advance(TimeSpan.FromSeconds(0.6));
        (await limits.EnterAsync(CancellationToken.None)).Dispose();
        await Refused(limits);
    }

    [Fact] // CA-70: burst 1, a wait of up to 500 ms
    public async Task Given_ten_a_second_When_many_come_at_once_Then_those_within_half_a_second_wait_and_the_rest_is_refused()
    {
        using var limits = new SigningLimits(10, 0, _clock);
        var waiting = Enumerable.Range(0, 6).Select(_ => limits.EnterAsync(CancellationToken.None).AsTask()).ToList();
        waiting.Count(task => task.IsCompleted).Should().Be(1, "the bucket holds one");
        limits.Waiting.Should().Be(5);
        await Refused(limits);
        for (var done = 2; done <= 6; done++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(100));
            await waiting[done - 1];
            waiting.Count(task => task.IsCompleted).Should().Be(done);
            limits.Waiting.Should().Be(6 - done);
        }
    }

    [Fact] // CA-70: a rest does not save up tokens
    public async Task Given_a_long_rest_When_two_come_Then_only_one_token_is_there()
    {
        using var limits = new SigningLimits(1, 0, _clock);
        _clock.Advance(TimeSpan.FromHours(1));
        (await limits.EnterAsync(CancellationToken.None)).Dispose();
        await Refused(limits);
    }

    [Fact] // CA-70: only while there is no rate
    public async Task Given_two_places_When_three_come_Then_the_third_waits_for_a_place_or_half_a_second()
    {
        using var limits = new SigningLimits(0, 2, _clock);
        var first = await limits.EnterAsync(CancellationToken.None);
        using var second = await limits.EnterAsync(CancellationToken.None);
        var third = limits.EnterAsync(CancellationToken.None).AsTask();
        var fourth = limits.EnterAsync(CancellationToken.None).AsTask();
        first.Dispose();
        using var turn = await third;
        fourth.IsCompleted.Should().BeFalse();
        _clock.Advance(SigningLimits.Patience);
        (await ((Func<Task>)(() => fourth)).Should().ThrowAsync<ServerException>()).Which.Kind.Should().Be(FailureKind.RateLimited);
    }

    [Fact] // CA-70
    public async Task Given_no_limit_When_many_come_Then_none_waits()
    {
        using var limits = new SigningLimits(0, 0, _clock);
        for (var i = 0; i < 1000; i++)
        {
            (await limits.EnterAsync(CancellationToken.None)).Dispose();
        }
    }

    [Theory] // CA-60
    [InlineData("RECONFIGURING")]
    [InlineData("RENEWING")]
    public void One_operation_at_a_time(string name)
    {
        var running = Enum.Parse<AuthorityPhase.Phase>(name, ignoreCase: true);
        var phase = new AuthorityPhase();
        phase.Invoking(it => it.Begin(AuthorityPhase.Phase.Renewing)).Should().Throw<ServerException>().WithMessage("CA is already in state \"UNINITIALIZED\"");
        using (var start = phase.Begin(AuthorityPhase.Phase.Initializing))
        {
            start.Succeed();
        }

        using (phase.Begin(running))
        {
            phase.Invoking(it => it.Begin(AuthorityPhase.Phase.Reconfiguring))
                .Should().Throw<ServerException>().WithMessage($"CA is already in state \"{name}\"");
        }

        phase.Current.Should().Be(AuthorityPhase.Phase.Initialized, "one that failed goes back to the former state");
        phase.Invoking(it => it.Begin(AuthorityPhase.Phase.Initializing)).Should().Throw<ServerException>().WithMessage("CA is already in state \"INITIALIZED\"");
    }

    private static async Task Refused(SigningLimits limits)
    {
        var enter = async () => await limits.EnterAsync(CancellationToken.None);
        (await enter.Should().ThrowAsync<ServerException>()).WithMessage("Rate limit reached, try again later").Which.Kind
            .Should().Be(FailureKind.RateLimited, "CA-71");
    }
}
