using ConnectAgent.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.State;

/// <summary>The rows that share a second key.</summary>
public sealed class SecondKeyTests
{
    [Theory] // issue 14: one stands by itself, a few in an array, many in a tree; nobody can tell
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Keys_come_and_go_in_order_however_many_there_are(int seed)
    {
        var random = new Random(seed);
        var keys = RowKeys.None;
        SortedSet<string> model = new(StringComparer.Ordinal);
        for (var step = 1UL; step <= 2000; step++)
        {
            // Towards twenty, and back to none.
            var key = "key-" + random.Next(20);
            if (random.Next(100) < (step / 100 % 2 == 0 ? 70 : 30))
            {
                model.Add(key);
                keys = keys.With(key, step);
                keys.Index.Should().Be(step);
            }
            else if (model.Remove(key))
            {
                keys = keys.Without(key, step);
                keys.Index.Should().Be(step);
            }

            keys.Count.Should().Be(model.Count);
            keys.All().Should().Equal(model);
            if (model.Count > 0)
            {
                RowKeys.Of([.. model], step).All().Should().Equal(model);
            }
        }
    }
}
