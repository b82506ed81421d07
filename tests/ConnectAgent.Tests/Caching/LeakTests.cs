using System.Globalization;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Timing;
using ConnectAgent.TestKit.Servers;
using ConnectAgent.Tests.Agent;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Caching;

/// <summary>Whatever readers do, what they leave behind is bounded and goes (agent-cache CACHE-12, CACHE-24, CACHE-30, CACHE-31).</summary>
public sealed class LeakTests
{
    [Fact] // CACHE-24, CACHE-30; section 12, test 14: keys that never had a value
    public async Task Ten_thousand_reads_of_failing_keys_leave_nothing_behind()
    {
        using var agent = new AgentFixture();
        await agent.RootsAsync();
        var baseline = await Footprint.OfAsync(agent, entries: 1);
        for (var round = 0; round < 100; round++)
        {
            var reads = Enumerable.Range(0, 100).Select(read => FailAsync(() => agent.RootsAsync(datacenter: "nope" + (read % 10)))).ToList();
            (await Task.WhenAll(reads).WaitAsync(AgentFixture.Patience)).Should().OnlyContain(text => text == "No path to datacenter");
        }

        await baseline.ShouldBeBackAsync();
    }

    [Fact] // CACHE-24: a key that has a value and fails now keeps one loop, however many read it
    public async Task Ten_thousand_reads_of_a_key_that_fails_now_make_no_second_loop()
    {
        using var agent = new AgentFixture();

        // Without a pace, so that no attempt waits for the clock.
        agent.Cache.FetchLimits = new FetchLimits(1e9, 1_000_000);
        var first = await agent.RootsAsync();
        var baseline = await Footprint.OfAsync(agent, entries: 1);
        agent.Servers.Fail(ScriptedServerClient.Unreachable());
        await agent.Clock.ArmedAsync(delay => delay == TimeSpan.FromSeconds(3));
        for (var round = 0; round < 100; round++)
        {
            var reads = Enumerable.Range(0, 100).Select(_ => FailAsync(() => agent.RootsAsync(first.Index))).ToList();
            (await Task.WhenAll(reads).WaitAsync(AgentFixture.Patience)).Should().OnlyContain(text => text == "No known Consul servers");
        }

        agent.Servers.Fail(null);
        agent.Servers.Rotate();
        agent.Clock.Advance(TimeSpan.FromSeconds(120));
        await agent.RootsAsync(first.Index).WaitAsync(AgentFixture.Patience);
        await baseline.ShouldBeBackAsync();
    }

    [Fact] // CACHE-30, CACHE-31: made-up tokens
    public async Task Ten_thousand_random_tokens_are_bounded_and_go_when_idle()
    {
        const int Bound = 500;
        using var agent = new AgentFixture(options => options.MaxEntries = Bound);
        var baseline = await Footprint.OfAsync(agent, entries: 0);
        var random = new Random(20260101);
        for (var read = 0; read < 10_000; read++)
        {
            await agent.RootsAsync(token: random.NextInt64().ToString("x16", CultureInfo.InvariantCulture));
            agent.Cache.Count.Should().BeLessThanOrEqualTo(Bound);
        }

        // One loop, with one timer, for each entry that is left, and the sweeper's.
        await AgentFixture.EventuallyAsync(
            () => agent.Servers.Running <= Bound && agent.Clock.ArmedTimers <= Bound + 1, "loops of entries that went are still there");
        agent.Clock.Advance(TimeSpan.FromHours(73));
        await baseline.ShouldBeBackAsync();
    }

    [Fact] // CACHE-12: the callers go, the entry and its one loop stay
    public async Task A_thousand_cancelled_waiters_leave_nothing_behind()
    {
        using var agent = new AgentFixture();
        var roots = await agent.RootsAsync();
        var leaf = await agent.LeafAsync();
        await agent.Clock.ArmedAsync(3);
        await AgentFixture.EventuallyAsync(() => agent.Waiters == 1, "the leaf watches the roots");
        var baseline = await Footprint.OfAsync(agent, entries: 2, loops: 1);
        using var leaving = new CancellationTokenSource();
        var blocked = Enumerable.Range(0, 500).Select(_ => agent.RootsAsync(roots.Index, cancellationToken: leaving.Token))
            .Concat<Task>(Enumerable.Range(0, 500).Select(_ => agent.LeafAsync(index: leaf.Index, cancellationToken: leaving.Token))).ToList();
        agent.Waiters.Should().Be(1_001);
        agent.Clock.ArmedTimers.Should().Be(1_003);
        await leaving.CancelAsync();
        foreach (var read in blocked)
        {
            await ((Func<Task>)(() => read)).Should().ThrowAsync<OperationCanceledException>();
        }

        await baseline.ShouldBeBackAsync();
    }

    private static async Task<string> FailAsync(Func<Task> read)
    {
        try
        {
            await read();
            return "no error";
        }
        catch (ServerException error)
        {
            return error.Message;
        }
    }

    /// <summary>What the agent holds at one moment.</summary>
    private sealed record Footprint(AgentFixture Agent, int Entries, int Timers, int Waiters, int Running)
    {
        /// <summary>Waits until the loops are parked.</summary>
        /// <param name="entries">Held now; each has a loop that is about to sleep.</param>
        /// <param name="loops">How many of these hold a call to the servers, if not all.</param>
        public static async Task<Footprint> OfAsync(AgentFixture agent, int entries, int? loops = null)
        {
            agent.Cache.Count.Should().Be(entries);
            await AgentFixture.EventuallyAsync(
                () => agent.Servers.Running == (loops ?? entries) && agent.Clock.ArmedTimers == entries + 1, "the loops are not parked");
            return Now(agent);
        }

        public async Task ShouldBeBackAsync()
        {
            try
            {
                await AgentFixture.EventuallyAsync(() => Now(Agent) == this, "not back at the baseline");
            }
            catch (TimeoutException)
            {
                Now(Agent).Should().Be(this);
            }
        }

        private static Footprint Now(AgentFixture agent) =>
            new(agent, agent.Cache.Count, agent.Clock.ArmedTimers, agent.Waiters, agent.Servers.Running);
    }
}
