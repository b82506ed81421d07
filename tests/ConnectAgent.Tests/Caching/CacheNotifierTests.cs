using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Microsoft.Extensions.Logging.Abstractions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>Watches inside the agent (agent-cache CACHE-36 to CACHE-38).</summary>
public sealed class CacheNotifierTests : IAsyncDisposable
{
    private readonly AgentFixture _agent = new();
    private readonly CancellationTokenSource _end = new();
    private readonly CacheNotifier _notifier;
    private readonly IAsyncEnumerator<CacheEvent<CaRoots>> _watch;

    public CacheNotifierTests()
    {
        _notifier = new CacheNotifier(_agent.Cache, _agent.Clock, new Random(1), NullLogger<CacheNotifier>.Instance);
        _watch = _notifier.WatchAsync(new RootsKind(_agent.Servers), new RootsRequest("dc1"), default, _end.Token).GetAsyncEnumerator();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _end.Dispose();
        _agent.Dispose();
    }

    [Fact] // CACHE-36: a present value at once, each newer one, and nothing when a wait ends without a change
    public async Task Each_newer_value_is_told_once()
    {
        var first = await NextAsync();
        first.Answer!.Value.Index.Should().Be(10);
        var next = _watch.MoveNextAsync().AsTask();
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(300));
        _agent.Clock.Advance(TimeSpan.FromSeconds(300));
        await _agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(300));
        next.IsCompleted.Should().BeFalse("the wait ended without a change");
        _agent.Servers.Rotate();
        (await next.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        _watch.Current.Answer!.Value.Index.Should().Be(11);
    }

    [Fact] // CACHE-36: nothing is queued
    public async Task A_slow_consumer_pauses_the_watch_and_then_sees_the_newest()
    {
        await NextAsync();
        for (var index = 11UL; index <= 13; index++)
        {
            _agent.Servers.Rotate();
            await _agent.RootsAsync(index - 1).WaitAsync(AgentFixture.Patience);
        }

        _agent.Waiters.Should().Be(0, "the watch stands still");
        (await NextAsync()).Answer!.Value.Index.Should().Be(13);
    }

    [Fact] // CACHE-36: errors until the first value, three retries at once, then the back-off; GH-6547: index 1 after an error is told
    public async Task Errors_are_told_until_the_first_value_and_that_is_told_whatever_its_index()
    {
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        for (var failure = 1; failure <= 4; failure++)
        {
            (await NextAsync()).Error!.Message.Should().Be("No known Consul servers");
        }

        var fifth = _watch.MoveNextAsync().AsTask();
        await _agent.Clock.ArmedAsync(delay => delay >= TimeSpan.FromSeconds(2) && delay < TimeSpan.FromSeconds(4));
        _agent.Servers.RootReads.Should().Be(4);
        _agent.Servers.NextRoots(_ => Task.FromResult(_agent.Servers.RootsAt(1)), HoldAsync);
        _agent.Servers.Fail(null);
        _agent.Clock.Advance(TimeSpan.FromSeconds(4));
        (await fifth.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        (_watch.Current.Answer!.Value.Index, _watch.Current.Error).Should().Be((1UL, null));
    }

    [Fact] // CACHE-36: a value stands; only a newer one is told after an outage
    public async Task An_error_after_the_first_value_is_not_told()
    {
        await NextAsync();
        var next = _watch.MoveNextAsync().AsTask();
        _agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await _agent.Clock.ArmedAsync(delay => delay is { TotalSeconds: >= 2 and < 4 });
        next.IsCompleted.Should().BeFalse();
        _agent.Servers.Fail(null);
        _agent.Servers.Rotate();
        _agent.Clock.Advance(TimeSpan.FromMinutes(2));
        (await next.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        (_watch.Current.Answer!.Value.Index, _watch.Current.Error).Should().Be((11UL, null));
    }

    [Fact] // CACHE-18
    public async Task An_index_that_went_back_is_told()
    {
        await NextAsync();
        var next = _watch.MoveNextAsync().AsTask();
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "the watch waits");
        _agent.Servers.NextRoots(_ => Task.FromResult(_agent.Servers.RootsAt(3)), HoldAsync);
        (await next.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        _watch.Current.Answer!.Value.Index.Should().Be(3);
    }

    [Fact] // CACHE-36
    public async Task Cancelling_ends_the_watch_and_leaves_nothing_behind()
    {
        await NextAsync();
        var next = _watch.MoveNextAsync().AsTask();
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "the watch waits");
        await _end.CancelAsync();
        await ((Func<Task>)(() => next)).Should().ThrowAsync<OperationCanceledException>();
        _agent.Waiters.Should().Be(0);
        await AgentFixture.EventuallyAsync(() => _agent.Clock.ArmedTimers == 2, "the sweeper's is left, and that of the roots' own query");
    }

    [Fact] // CACHE-37
    public void A_kind_that_does_not_block_needs_a_greatest_age()
    {
        var watch = () => _notifier.WatchAsync(new PolledKind(), new PolledRequest());
        watch.Should().Throw<InvalidOperationException>().WithMessage("Cannot use Notify for polling cache types without specifying the MaxAge");
    }

    [Fact] // CACHE-37: polled when it gets too old, told when it means something else
    public async Task A_kind_that_does_not_block_is_polled_and_told_when_it_differs()
    {
        var kind = new PolledKind();
        await using var watch = _notifier.WatchAsync(kind, new PolledRequest(), TimeSpan.FromSeconds(32), _end.Token).GetAsyncEnumerator();
        (await watch.MoveNextAsync()).Should().BeTrue();
        watch.Current.Answer!.Value.Value.Text.Should().Be("a");
        var next = watch.MoveNextAsync().AsTask();
        for (var poll = 2; poll <= 3; poll++)
        {
            // Between 32 s and a sixteenth more.
            await _agent.Clock.ArmedAsync(delay => delay is { TotalSeconds: >= 32 and < 34 });
            _agent.Clock.Advance(TimeSpan.FromSeconds(34));
            await AgentFixture.EventuallyAsync(() => kind.Fetches == poll, "it polls");
        }

        await _agent.Clock.ArmedAsync(delay => delay is { TotalSeconds: >= 32 and < 34 });
        next.IsCompleted.Should().BeFalse("another object, but it means the same");
        kind.Text = "b";
        _agent.Clock.Advance(TimeSpan.FromSeconds(34));
        (await next.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        watch.Current.Answer!.Value.Value.Text.Should().Be("b");
    }

    [Fact] // CACHE-37: after an error its back-off, not its age
    public async Task A_poll_that_fails_backs_off()
    {
        var kind = new PolledKind { Failure = ScriptedServerClient.Unreachable() };
        await using var watch = _notifier.WatchAsync(kind, new PolledRequest(), TimeSpan.FromSeconds(32), _end.Token).GetAsyncEnumerator();
        for (var failure = 1; failure <= 4; failure++)
        {
            (await watch.MoveNextAsync()).Should().BeTrue();
            watch.Current.Error!.Message.Should().Be("No known Consul servers");
        }

        var next = watch.MoveNextAsync().AsTask();
        await _agent.Clock.ArmedAsync(delay => delay is { TotalSeconds: >= 2 and < 4 });
        kind.Failure = null;
        _agent.Clock.Advance(TimeSpan.FromSeconds(4));
        (await next.WaitAsync(AgentFixture.Patience)).Should().BeTrue();
        watch.Current.Answer!.Value.Value.Text.Should().Be("a");
    }

    private static Task<ServerRead<CaRoots>> HoldAsync(CancellationToken cancelled) => new TaskCompletionSource<ServerRead<CaRoots>>().Task.WaitAsync(cancelled);

    private async Task<CacheEvent<CaRoots>> NextAsync()
    {
        (await _watch.MoveNextAsync().AsTask().WaitAsync(AgentFixture.Patience)).Should().BeTrue("a watch is endless");
        return _watch.Current;
    }

    private sealed record PolledRequest() : CacheRequest("dc1", string.Empty)
    {
        public override string Key => "only";
    }

    private sealed record Polled(string Text);

    private sealed class PolledKind : CacheKind<PolledRequest, Polled>
    {
        private int _fetches;

        public override string Name => "polled";

        public override long SizeOf(Polled value) => value.Text.Length;

        public override bool Refreshes => false;

        public override bool Blocks => false;

        public int Fetches => Volatile.Read(ref _fetches);

        public string Text { get; set; } = "a";

        public ServerException? Failure { get; set; }

        public override Task<ServerRead<Polled>?> FetchAsync(FetchContext<PolledRequest, Polled> context, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _fetches);
            return Failure is { } failure
                ? throw failure.ToThrow()
                : Task.FromResult<ServerRead<Polled>?>(new ServerRead<Polled>(new Polled(Text), 1));
        }
    }
}
