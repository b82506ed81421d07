using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Transport;

public sealed class CallBreakerTests
{
    private static readonly ServerException Gone =
        new(FailureKind.Unreachable, "gone", new TransportException(TransportFault.NotConnected, new IOException()));

    private readonly ManualTimeProvider _clock = new();
    private readonly CallBreaker _breaker;
    private int _sent;

    public CallBreakerTests() => _breaker = new CallBreaker(_clock, new Random(3));

    [Theory] // never beyond the ceiling of the back-off (CACHE-22)
    [InlineData(5, 5)]
    [InlineData(60, 60)]
    [InlineData(86_400, 60)]
    public async Task A_pause_lasts_as_long_as_the_server_asked_for_and_not_a_day(int asked, int lasts)
    {
        await FailsAsync(Busy(TimeSpan.FromSeconds(asked)));
        _clock.Advance(TimeSpan.FromSeconds(lasts) - TimeSpan.FromTicks(1));
        var refused = await RefusesAsync();
        (refused.Kind, refused.Message).Should().Be((FailureKind.RateLimited, "busy"));
        _clock.Advance(TimeSpan.FromTicks(1));
        await SucceedsAsync();
    }

    [Theory]
    [InlineData(null)]
    [InlineData(0)]
    [InlineData(-3)]
    public async Task Without_a_time_to_come_there_is_none(int? asked)
    {
        await FailsAsync(Busy(asked is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
        await SucceedsAsync();
    }

    [Fact] // design decision 8: three for free, then 0.5 to 1 s, doubling up to 4 to 8 s
    public async Task Failures_in_a_row_are_answered_with_growing_rests()
    {
        List<TimeSpan> rests = [];
        for (var failure = 1; failure <= 9; failure++)
        {
            await FailsAsync(Gone);
            rests.Add(_breaker.Remaining);
            _clock.Advance(_breaker.Remaining);
        }

        rests.Take(3).Should().OnlyContain(length => length == TimeSpan.Zero);
        rests.Skip(3).Zip([1.0, 2, 4, 8, 8, 8]).Should().OnlyContain(
            pair => pair.First > TimeSpan.FromSeconds(pair.Second / 2.001) && pair.First <= TimeSpan.FromSeconds(pair.Second));
    }

    [Fact] // FA-34: and not the thousands that have waited for it
    public async Task FA_34_After_a_rest_one_call_tries()
    {
        await RestAsync();
        var refused = await RefusesAsync();
        refused.Message.Should().Be("rpc error getting client: failed to get conn: not tried again yet, after: gone");
        CallOutcomes.NothingWasSent(refused).Should().BeTrue();
        _clock.Advance(_breaker.Remaining);
        var trial = new TaskCompletionSource<int>();
        var tries = _breaker.RunAsync(Call("trial"), () => trial.Task, default);
        for (var i = 0; i < 5; i++)
        {
            await RefusesAsync();
        }

        _breaker.IsUnreachable.Should().BeTrue("it is not known yet how that went");
        trial.SetException(Gone);
        await FluentActions.Awaiting(() => tries).Should().ThrowAsync<ServerException>();
        _breaker.Remaining.Should().BePositive();
        _clock.Advance(_breaker.Remaining);
        await SucceedsAsync();
        await SucceedsAsync();
    }

    [Fact] // FA-34: a trial of which nothing came is none
    public async Task FA_34_A_trial_whose_caller_leaves_tells_nothing()
    {
        await RestAsync();
        _clock.Advance(_breaker.Remaining);
        await FluentActions.Awaiting(() => _breaker.RunAsync<int>(Call("trial"), () => throw new OperationCanceledException(), default))
            .Should().ThrowAsync<OperationCanceledException>();
        await RefusesAsync();
        _clock.Advance(_breaker.Remaining);
        await SucceedsAsync();
    }

    [Fact] // a held call would try for minutes: it passes, and its end counts
    public async Task A_call_that_is_held_is_not_the_one_that_tries()
    {
        await RestAsync();
        await FluentActions.Awaiting(() => _breaker.RunAsync(Held(), () => Task.FromResult(1), default)).Should().ThrowAsync<ServerException>();
        _clock.Advance(_breaker.Remaining);
        var hold = new TaskCompletionSource<int>();
        var held = _breaker.RunAsync(Held(), () => hold.Task, default);
        await FailsAsync(Gone);
        _breaker.Remaining.Should().BePositive("another call has tried");
        _clock.Advance(_breaker.Remaining);
        hold.SetResult(1);
        await held;
        _breaker.IsUnreachable.Should().BeFalse();
        await SucceedsAsync();
        await SucceedsAsync();
    }

    [Fact] // a thousand calls that one crash ends are one failure
    public async Task Failures_during_a_rest_do_not_lengthen_it()
    {
        var crash = new TaskCompletionSource<int>();
        var calls = Enumerable.Range(0, 1000).Select(i => _breaker.RunAsync(Call("key-" + i), () => crash.Task, default)).ToList();
        await RestAsync();
        var left = _breaker.Remaining;
        crash.SetException(Gone);
        await FluentActions.Awaiting(() => Task.WhenAll(calls)).Should().ThrowAsync<ServerException>();
        _breaker.Remaining.Should().Be(left);
    }

    [Fact] // its successes elsewhere tell nothing of the signer's limit; a server that is there again is asked at once
    public async Task What_the_server_asked_for_holds_whatever_else_ends()
    {
        await RestAsync();
        await _breaker.ResetAsync();
        await SucceedsAsync();
        await FailsAsync(Busy(TimeSpan.FromSeconds(30)));
        await _breaker.ResetAsync();
        _breaker.Remaining.Should().Be(TimeSpan.FromSeconds(30));
        await RefusesAsync();
    }

    [Fact] // FA-16: its own back-off paces one key
    public async Task FA_16_One_key_that_fails_on_and_on_is_one_failure()
    {
        for (var i = 0; i < 20; i++)
        {
            await FailsAsync(Broken(), "one");
            await FailsAsync(Broken(), "two");
        }

        await SucceedsAsync();
        _clock.Advance(TimeSpan.FromSeconds(31));
        for (var i = 0; i < 4; i++)
        {
            await FailsAsync(Broken(), "key-" + i);
        }

        (await RefusesAsync()).Message.Should().EndWith("after: it broke");
    }

    [Fact] // FA-16: refusals that the servers mean are answers
    public async Task FA_16_A_refusal_of_the_servers_is_an_answer()
    {
        for (var i = 0; i < 20; i++)
        {
            await FailsAsync(new RefusedException(new ServerException(FailureKind.PermissionDenied, "Permission denied"), null), "key-" + i);
        }

        await SucceedsAsync();
    }

    [Fact] // FA-16: callers name datacenters
    public void FA_16_The_table_of_lanes_is_bounded_and_keeps_what_is_used()
    {
        var breakers = new CallBreakers(_clock, new Random(3));
        var own = breakers.Of(Call("web"));
        for (var i = 0; i < 1000; i++)
        {
            _clock.Advance(TimeSpan.FromMilliseconds(1));
            _ = own.RunAsync(Call("web"), () => Task.FromResult(1), default);
            breakers.Of(Call("web") with { Datacenter = "made-up-" + i });
            breakers.Of(Call("web") with { Datacenter = new string('x', 1000) + i });
        }

        breakers.Count.Should().Be(CallBreakers.Most);
        breakers.Of(Call("web")).Should().BeSameAs(own);
    }

    private static ConsulCall Call(string name) => new(ConsulOperation.Read, HttpMethod.Get, "/" + name, string.Empty, TimeSpan.Zero);

    private static ConsulCall Held() => Call("held") with { Hold = TimeSpan.FromMinutes(5) };

    private static RefusedException Busy(TimeSpan? retryAfter) => new(new ServerException(FailureKind.RateLimited, "busy"), retryAfter);

    private static RefusedException Broken() => new(new ServerException(FailureKind.Unreachable, "it broke"), null);

    private async Task RestAsync()
    {
        for (var i = 0; i < 4; i++)
        {
            await FailsAsync(Gone);
        }
    }

    private async Task FailsAsync(Exception error, string name = "web")
    {
        var before = _sent;
        await FluentActions.Awaiting(() => _breaker.RunAsync<int>(Call(name), () => SendAsync(error), default)).Should().ThrowAsync<Exception>();
        _sent.Should().Be(before + 1, "it was sent");
    }

    private Task<int> SendAsync(Exception error)
    {
        _sent++;
        return Task.FromException<int>(error);
    }

    private async Task SucceedsAsync() => (await _breaker.RunAsync(Call("web"), () => Task.FromResult(7), default)).Should().Be(7);

    private async Task<ServerException> RefusesAsync()
    {
        var sent = false;
        var refused = (await FluentActions.Awaiting(() => _breaker.RunAsync(Call("web"), () => Task.FromResult(sent = true), default))
            .Should().ThrowAsync<ServerException>()).Which;
        sent.Should().BeFalse();
        refused.InnerException.Should().BeOfType<NotSentException>();
        return refused;
    }
}
