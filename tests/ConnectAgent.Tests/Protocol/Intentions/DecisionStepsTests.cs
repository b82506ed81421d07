using System.Collections;
using System.Globalization;
using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Intentions;

/// <summary>What a decision costs, counted and not timed: it does not grow with the intentions of the target.</summary>
public sealed class DecisionStepsTests
{
    [Theory]
    [InlineData(10)]
    [InlineData(1_000)]
    [InlineData(100_000)]
    public void A_decision_looks_at_the_intention_that_decides_once_and_at_no_other(int count)
    {
        // Given
        var intentions = new CountingList([.. Enumerable.Range(0, count).Select(i => new Intention
        {
            SourceName = string.Create(CultureInfo.InvariantCulture, $"service-{i:d6}"),
            DestinationName = "db",
            Action = Intention.Allow,
        })]);
        var match = IntentionMatch.ForDestination(intentions);
        intentions.Looks = 0;

        // When, then
        var last = string.Create(CultureInfo.InvariantCulture, $"service-{count - 1:d6}");
        match.Decide(last, DefaultDecision.Deny).Matched.Should().NotBeNull();
        intentions.Looks.Should().Be(1, "its verdict is worked out");
        match.Decide(last, DefaultDecision.Deny).Should().BeSameAs(match.Decide(last, DefaultDecision.Deny));
        match.Decide("nobody", DefaultDecision.Deny).Matched.Should().BeNull();
        intentions.Looks.Should().Be(1, "it is kept, and who is not named is found by looking at none");
    }

    [Fact]
    public void A_decision_that_was_made_before_allocates_nothing()
    {
        var match = IntentionMatch.ForDestination([new Intention { SourceName = "web", DestinationName = "db", Action = Intention.Allow }]);
        var least = long.MaxValue;
        for (var round = 0; round < 1_000 && least > 0; round++)
        {
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 0; i < 100; i++)
            {
                _ = match.Decide("web".AsSpan(), null, DefaultDecision.Deny);
                _ = match.Decide("other".AsSpan(), null, DefaultDecision.Deny);
            }

            // Code that is not optimized yet allocates what it will not later.
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        least.Should().Be(0);
    }

    private sealed class CountingList(List<Intention> intentions) : IReadOnlyList<Intention>
    {
        public int Looks { get; set; }

        public int Count => intentions.Count;

        public Intention this[int index]
        {
            get
            {
                Looks++;
                return intentions[index];
            }
        }

        public IEnumerator<Intention> GetEnumerator()
        {
            Looks += Count;
            return intentions.GetEnumerator();
        }

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
    }
}
