using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>That the judge of the rolling change finds wrong answers, of each sort, and only those.</summary>
public sealed class JudgeTests
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(10);
    private readonly StateHistory _history = new();

    /// <summary>A write a second, each answered half a second later, but for the third, which was never written.</summary>
    public JudgeTests()
    {
        for (var generation = 0; generation < 100; generation++)
        {
            _history.Begin(At(generation));
            if (generation != 3)
            {
                _history.Commit(generation, At(generation + 0.5));
            }
        }
    }

    [Fact]
    public void Right_answers_are_right() => Wrong(
        Shows(0, 0.1, 0.2),
        Shows(1, 1.1, 1.2), // while it is being written
        Shows(1, 2.1, 2.2), // the next one is not yet answered
        Shows(2, 8.0, 8.1), // within the bound
        Shows(20, 20.6, 20.7),
        Decides(20, 20.8, 20.9),
        Decides(30, 30.6, 30.7),
        Shows(99, 200, 201)).Should().BeEmpty();

    [Fact]
    public void One_that_goes_back_is_wrong() => Wrong(Shows(20, 20.6, 20.7), Shows(19, 20.8, 20.9)).Should().ContainSingle().Which.Should().Contain("20 was shown");

    [Fact] // a question that was sent before the other's answer came may be answered from before
    public void Answers_that_overlap_may_come_in_any_order() =>
        Wrong(Shows(20, 20.6, 20.7), Shows(19, 20.65, 20.9)).Should().BeEmpty();

    [Fact]
    public void One_that_is_older_than_the_bound_is_wrong() => Wrong(Shows(2, 15.0, 15.1)).Should().ContainSingle().Which.Should().Contain("the bound allows 4");

    [Fact]
    public void One_that_was_never_written_is_wrong() => Wrong(Shows(3, 5.0, 5.1), Shows(-1, 5.0, 5.1), Shows(1000, 5.0, 5.1)).Should().HaveCount(3);

    [Fact]
    public void One_from_before_its_writing_is_wrong() => Wrong(Shows(7, 5.0, 5.1)).Should().ContainSingle();

    [Fact] // by single bits: four decisions in a row fit a state of the past by chance one time in sixteen
    public void Decisions_of_the_past_are_found_out()
    {
        var found = Enumerable.Range(20, 50).Count(now => Wrong(
            [Shows(now, now + 0.6, now + 0.61), .. Enumerable.Range(0, 4).Select(peer => new Answer(
                At(now + 0.7), At(now + 0.71), null, peer, Answer.Allows(now - 5, peer)))]).Any());
        found.Should().BeInRange(35, 50);
    }

    [Fact]
    public void Half_of_the_peers_are_let_in()
    {
        var bits = Enumerable.Range(0, 1000).SelectMany(generation => Enumerable.Range(0, 6).Select(peer => Answer.Allows(generation, peer))).ToList();
        bits.Count(static bit => bit).Should().BeInRange(2700, 3300);
    }

    [Fact]
    public void The_longest_staleness_is_that_of_the_best_explanation()
    {
        var judge = new Judge(_history, static _ => Bound);
        judge.Of([Shows(20, 20.6, 20.7), Shows(20, 24.5, 24.6)]).Should().BeEmpty();
        judge.LongestStaleness.Should().Be(TimeSpan.FromSeconds(3));
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private static Answer Shows(int generation, double start, double end) => new(At(start), At(end), generation);

    private static Answer Decides(int generation, double start, double end) => new(At(start), At(end), null, 1, Answer.Allows(generation, 1));

    private IEnumerable<string> Wrong(params Answer[] answers) => new Judge(_history, static _ => Bound).Of(answers);
}
