using ConnectAgent.Agent.Servers.Consul;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Consul;

public sealed class ServerSelectionTests
{
    [Fact]
    public void One_server_is_kept_until_it_fails_and_the_next_one_then()
    {
        var selection = new ServerSelection(3, new Random(7));
        var first = selection.Current;
        selection.Current.Should().Be(first);
        selection.Leave(first).Should().BeTrue();
        var second = selection.Current;
        selection.Leave(second).Should().BeTrue();
        var third = selection.Current;
        selection.Leave(third).Should().BeTrue();
        new[] { first, second, third }.Should().BeEquivalentTo([0, 1, 2]);
        selection.Current.Should().Be(first, "it goes round");
    }

    [Fact] // design decision 8: many calls that fail together are one failure of the server
    public void Only_the_first_of_many_failures_turns_away()
    {
        var selection = new ServerSelection(3, new Random(7));
        var first = selection.Current;
        var turned = 0;
        Parallel.For(0, 1000, _ =>
        {
            if (selection.Leave(first))
            {
                Interlocked.Increment(ref turned);
            }
        });
        turned.Should().Be(1);
        selection.Current.Should().NotBe(first);
    }

    [Fact]
    public void The_only_server_is_never_left()
    {
        var selection = new ServerSelection(1, new Random(7));
        selection.Leave(0).Should().BeFalse();
        selection.Current.Should().Be(0);
    }

    [Fact] // agents of one configuration do not all sit on its first server, nor move on to the same next one
    public void The_order_differs_from_agent_to_agent()
    {
        var orders = Enumerable.Range(0, 200).Select(seed =>
        {
            var selection = new ServerSelection(3, new Random(seed));
            var first = selection.Current;
            selection.Leave(first);
            return (first, selection.Current);
        }).ToList();
        orders.Distinct().Should().HaveCount(6);
    }
}
