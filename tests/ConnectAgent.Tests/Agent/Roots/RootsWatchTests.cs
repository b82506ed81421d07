using ConnectAgent.Agent.Roots;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Roots;

/// <summary>One watch of the roots for all leaves of a datacenter (leaf-certificates LEAF-70, LEAF-82).</summary>
public sealed class RootsWatchTests : IDisposable
{
    private readonly AgentFixture _agent = new();

    private RootsWatch Watch => _agent.Get<RootsWatch>();

    public void Dispose() => _agent.Dispose();

    [Fact] // LEAF-71
    public async Task All_who_wait_learn_of_a_rotation_by_one_watch()
    {
        var seen = await _agent.RootsAsync();
        var waiters = Enumerable.Range(0, 100).Select(_ => Join(seen)).ToList();
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 1, "one watch serves them all");
        Watch.Waiting.Should().Be(100);

        _agent.Servers.Rotate();

        await Task.WhenAll(waiters.Select(waiter => waiter.Task)).WaitAsync(AgentFixture.Patience);
        await AgentFixture.EventuallyAsync(() => (Watch.Waiting, _agent.Waiters) == (0, 0), "nobody waits any more");
    }

    [Fact]
    public async Task Who_has_seen_others_wakes_who_waited_before_and_waits_on()
    {
        var seen = await _agent.RootsAsync();
        var outdated = Join(seen with { Index = seen.Index + 1 });
        var waiter = Join(seen);

        await outdated.Task.WaitAsync(AgentFixture.Patience);
        waiter.Task.IsCompleted.Should().BeFalse();
        Watch.Waiting.Should().Be(1);
    }

    [Fact]
    public async Task The_watch_ends_with_the_last_who_waits()
    {
        var seen = await _agent.RootsAsync();
        var (one, other) = (Join(seen), Join(seen));
        Watch.Leave("dc1", one);
        Watch.Waiting.Should().Be(1);
        Watch.Leave("dc1", other);
        Watch.Leave("dc1", other);

        Watch.Waiting.Should().Be(0);
        await AgentFixture.EventuallyAsync(() => _agent.Waiters == 0, "the watch has gone");
        one.Task.IsCompleted.Should().BeFalse("a leaf that left is not woken");
    }

    [Fact] // every loop backs off
    public async Task A_cache_that_refuses_the_watch_wakes_nobody_at_once()
    {
        var seen = await _agent.RootsAsync();
        _agent.Cache.Dispose();
        var start = _agent.Clock.GetUtcNow();
        var waiter = Join(seen);

        await AgentFixture.EventuallyAsync(
            () =>
            {
                var isWoken = waiter.Task.IsCompleted;
                _agent.Clock.Advance(isWoken ? TimeSpan.Zero : TimeSpan.FromSeconds(1));
                return isWoken;
            },
            "it looks again");

        (_agent.Clock.GetUtcNow() - start).Should().BeGreaterThanOrEqualTo(TimeSpan.FromSeconds(3));
    }

    private TaskCompletionSource Join(CacheAnswer<CaRoots> seen)
    {
        var waiter = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Watch.Join("dc1", seen, waiter);
        return waiter;
    }
}
