using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Agent.Servers.Transport;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Servers.Transport;

public sealed class ServerSelectionTests
{
    private static readonly Func<int, bool> Nobody = static _ => false;

    [Fact]
    public void One_that_is_away_is_passed_over_while_there_is_another()
    {
        var selection = new ServerSelection(3, new Random(7));
        var first = selection.Current;
        var others = new[] { 0, 1, 2 }.Where(server => server != first).ToList();
        selection.Leave(first, server => server == others[0]).Should().BeTrue();
        selection.Current.Should().Be(others[1]);
        selection.Leave(others[1], static _ => true).Should().BeTrue();
        selection.Current.Should().NotBe(others[1], "with all of them away the next one is tried");
    }

    [Fact]
    public void A_call_tries_each_once_those_that_are_away_last()
    {
        var selection = new ServerSelection(3, new Random(7));
        var away = selection.Current;
        var tried = new bool[3];
        List<int> order = [];
        for (var i = 0; i < 3; i++)
        {
            order.Add(selection.Next(tried, server => server == away));
            tried[order[^1]] = true;
        }

        order.Should().BeEquivalentTo([0, 1, 2]);
        order[^1].Should().Be(away);
    }

    [Fact]
    public void One_server_is_kept_until_it_fails_and_the_next_one_then()
    {
        var selection = new ServerSelection(3, new Random(7));
        var first = selection.Current;
        selection.Current.Should().Be(first);
        selection.Leave(first, Nobody).Should().BeTrue();
        var second = selection.Current;
        selection.Leave(second, Nobody).Should().BeTrue();
        var third = selection.Current;
        selection.Leave(third, Nobody).Should().BeTrue();
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
            if (selection.Leave(first, Nobody))
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
        selection.Leave(0, Nobody).Should().BeFalse();
        selection.Current.Should().Be(0);
    }

    [Fact] // agents of one configuration do not all sit on its first server, nor move on to the same next one
    public void The_order_differs_from_agent_to_agent()
    {
        var orders = Enumerable.Range(0, 200).Select(seed =>
        {
            var selection = new ServerSelection(3, new Random(seed));
            var first = selection.Current;
            selection.Leave(first, Nobody);
            return (first, selection.Current);
        }).ToList();
        orders.Distinct().Should().HaveCount(6);
    }
}
