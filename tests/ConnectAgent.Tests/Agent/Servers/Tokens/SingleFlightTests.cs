using ConnectAgent.Agent.Servers.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Tokens;

/// <summary>FA-15: check-then-act on a table of calls.</summary>
public sealed class SingleFlightTests
{
    private readonly SingleFlight<string, int> _flights = new();

    [Theory] // a call that is over before it returns is the worst order there is
    [InlineData(false)]
    [InlineData(true)]
    public async Task FA_15_A_call_that_ends_at_once_leaves_nothing_in_the_table(bool fails)
    {
        for (var call = 1; call <= 3; call++)
        {
            var run = () => _flights.RunAsync("key", () => fails ? Task.FromException<int>(new InvalidOperationException("no")) : Task.FromResult(call));
            if (fails)
            {
                await run.Should().ThrowAsync<InvalidOperationException>();
            }
            else
            {
                (await run()).Should().Be(call, "a finished call answers nobody who comes later");
            }

            _flights.Count.Should().Be(0);
        }
    }

    [Fact] // whoever sees the end asks anew, and is not handed the same end
    public async Task FA_15_Who_asks_in_the_continuation_of_a_call_makes_another()
    {
        var first = new TaskCompletionSource<int>();
        var again = AgainAsync(_flights.RunAsync("key", () => first.Task));
        first.SetResult(1);
        (await again).Should().Be(2);

        async Task<int> AgainAsync(Task<int> running)
        {
            await running;
            return await _flights.RunAsync("key", static () => Task.FromResult(2));
        }
    }

    [Fact] // ACL-RES-6
    public async Task All_who_ask_at_once_share_one_call()
    {
        var gate = new TaskCompletionSource<int>();
        var calls = 0;
        var asking = Enumerable.Range(0, 50).Select(_ => _flights.RunAsync("key", () =>
        {
            calls++;
            return gate.Task;
        })).ToList();
        var other = _flights.RunAsync("other", static () => Task.FromResult(7));
        gate.SetResult(3);
        (await Task.WhenAll(asking)).Should().OnlyContain(value => value == 3);
        (await other, calls, _flights.Count).Should().Be((7, 1, 0));
    }
}
