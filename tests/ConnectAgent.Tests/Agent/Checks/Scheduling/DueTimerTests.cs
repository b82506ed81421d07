using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Scheduling;

public sealed class DueTimerTests : IDisposable
{
    private readonly ManualTimeProvider _clock = new();
    private readonly DueTimer _timer;

    public DueTimerTests() => _timer = new DueTimer(_clock);

    public void Dispose() => _timer.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Items_that_are_set_moved_and_removed_at_random_fall_due_as_a_plain_list_says(int seed)
    {
        // Given: a list of times beside the timer.
        var random = new Random(seed);
        var start = _clock.GetUtcNow();
        var items = Enumerable.Range(0, 60).Select(i => new Item(i, _clock)).ToArray();
        var model = new Dictionary<Item, DateTimeOffset>();
        List<(int Number, DateTimeOffset At)> expected = [];

        // When
        for (var i = 0; i < 4000; i++)
        {
            var item = items[random.Next(items.Length)];
            switch (random.Next(4))
            {
                case 0:
                    _timer.Remove(item);
                    model.Remove(item);
                    break;
                case 1:
                    var to = _clock.GetUtcNow() + TimeSpan.FromMilliseconds(random.Next(400));
                    expected.AddRange(model.Where(pair => pair.Value <= to).OrderBy(pair => pair.Value).Select(pair => (pair.Key.Number, pair.Value)));
                    foreach (var key in model.Where(pair => pair.Value <= to).Select(pair => pair.Key).ToList())
                    {
                        model.Remove(key);
                    }

                    _clock.Advance(to - _clock.GetUtcNow());
                    break;
                default:
                    var delay = TimeSpan.FromMilliseconds(random.Next(3000));
                    _timer.Set(item, delay);
                    model[item] = start + RoundedUp(_clock.GetUtcNow() + delay - start);
                    break;
            }
        }

        // Then: each at its time; equal times in any order.
        var fired = items.SelectMany(item => item.Fired.Select(at => (item.Number, At: at)));
        fired.Order().Should().Equal(expected.Order());
        expected.Count.Should().BeGreaterThan(500);
        _timer.Count.Should().Be(model.Count);
    }

    [Fact]
    public void Ten_thousand_items_within_a_second_wake_the_process_fifty_times()
    {
        // Given
        var random = new Random(1);
        var items = Enumerable.Range(0, 10_000).Select(i => new Item(i, _clock)).ToList();
        items.ForEach(item => _timer.Set(item, TimeSpan.FromSeconds(random.NextDouble())));
        var end = _clock.GetUtcNow().AddSeconds(2);

        // When
        var wakes = 0;
        while (_clock.AdvanceToNext(end))
        {
            wakes++;
        }

        // Then
        items.Should().OnlyContain(item => item.Fired.Count == 1);
        wakes.Should().BeInRange(40, 51);
        _clock.ArmedTimers.Should().Be(0);
    }

    // services CHK-1: a TTL of 292 years is taken.
    [Fact]
    public void An_item_that_is_never_due_stops_none_of_the_others()
    {
        // Given
        var (never, soon) = (new Item(1, _clock), new Item(2, _clock));
        _timer.Set(never, TimeSpan.MaxValue);

        // When
        _timer.Set(soon, TimeSpan.FromSeconds(1));
        _clock.Advance(TimeSpan.FromSeconds(2));

        // Then
        soon.Fired.Should().ContainSingle();
        never.Fired.Should().BeEmpty();
        _timer.Count.Should().Be(1);
    }

    private static TimeSpan RoundedUp(TimeSpan time) => TimeSpan.FromTicks((time.Ticks + DueTimer.Step.Ticks - 1) / DueTimer.Step.Ticks * DueTimer.Step.Ticks);

    private sealed class Item(int number, TimeProvider clock) : DueItem
    {
        public int Number => number;

        public List<DateTimeOffset> Fired { get; } = [];

        public override void Due() => Fired.Add(clock.GetUtcNow());
    }
}
