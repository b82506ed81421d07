using ConnectAgent.Agent.Checks;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.Checks.Scheduling;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks;

public sealed class IntervalCheckTests : IDisposable
{
    private static readonly TimeSpan TimeOut = TimeSpan.FromSeconds(4);

    private readonly CheckFixture _fixture = new();
    private readonly ScriptedProbe _probe = new();

    public void Dispose() => _fixture.Dispose();

    // services CHK-5
    [Fact]
    public void A_check_starts_within_its_first_interval_and_runs_again_an_interval_after_each_end()
    {
        // Given: the draw is a half.
        Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(10) });

        // When
        List<int> runs = [];
        foreach (var seconds in new[] { 4.9, 0.1, 9.9, 0.1, 10 })
        {
            _fixture.Clock.Advance(TimeSpan.FromSeconds(seconds));
            runs.Add(_probe.Runs);
        }

        // Then
        runs.Should().Equal(0, 1, 1, 2, 3);
        _fixture.Reports.Should().AllBeEquivalentTo(("c", "passing", "fine")).And.HaveCount(3);
    }

    // services CHK-5
    [Fact]
    public void An_interval_under_a_second_is_raised_to_one()
    {
        Start(new CheckDefinition { Interval = TimeSpan.FromMilliseconds(10) });
        _fixture.Clock.Advance(TimeSpan.FromSeconds(10));
        _probe.Runs.Should().Be(10);
    }

    [Fact]
    public void A_run_that_takes_longer_than_the_interval_is_not_overlapped()
    {
        // Given
        Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1) });
        _probe.Hold();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(3));
        _probe.Runs.Should().Be(1);

        // When
        _probe.Release(CheckResult.Passing("late"));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.9));
        _probe.Runs.Should().Be(1);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(0.2));

        // Then
        _probe.Runs.Should().Be(2);
    }

    [Fact]
    public void What_takes_longer_than_the_time_out_is_critical_and_is_tried_again()
    {
        Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1) });
        _probe.Hold();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(4.6));
        _fixture.Reports.Should().Equal(("c", "critical", "probe x: timed out after 4s"));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _probe.Runs.Should().Be(2);
    }

    // services REG-2: a duration may be 292 years.
    [Fact]
    public void A_time_out_that_no_timer_takes_is_cut_and_the_check_runs()
    {
        var definition = new CheckDefinition { Http = "none", Interval = TimeSpan.FromSeconds(1), Timeout = TimeSpan.FromDays(106_751) };
        CheckStart.Start("c", definition, _fixture.Runtime);
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Reports.Should().ContainSingle();
    }

    // services CHK-5
    [Fact]
    public void Thresholds_count_results_in_a_row()
    {
        // Given
        Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1), SuccessBeforePassing = 2, FailuresBeforeWarning = 2, FailuresBeforeCritical = 3 });
        CheckResult[] results =
        [
            CheckResult.Passing("1"), CheckResult.Critical("2"), CheckResult.Passing("3"), new(CheckStatus.Warning, "4"),
            CheckResult.Critical("5"), CheckResult.Critical("6"), CheckResult.Critical("7"), CheckResult.Passing("8"),
        ];

        // When
        foreach (var result in results)
        {
            _probe.Next = result;
            _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        }

        // Then
        _fixture.Reports.Should().Equal(("c", "warning", "4"), ("c", "warning", "6"), ("c", "critical", "7"));
    }

    [Fact]
    public async Task A_check_that_is_ended_runs_no_more_and_what_it_was_doing_is_not_reported()
    {
        // Given
        var check = Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1) });
        _probe.Hold();
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        // When
        check.End();

        // Then
        await _probe.Cancelled;
        _fixture.Clock.Advance(TimeSpan.FromMinutes(1));
        _fixture.Reports.Should().BeEmpty();
        _probe.Runs.Should().Be(1);
        _fixture.Clock.ArmedTimers.Should().Be(0);
    }

    [Fact]
    public void Neither_a_probe_that_breaks_nor_a_result_that_cannot_be_stored_ends_a_check()
    {
        // Given
        Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1) });
        _probe.Breaks = new InvalidOperationException("bug");
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Reports.Should().Equal(("c", "critical", "probe x: bug"));

        // When
        (_probe.Breaks, _fixture.Fails) = (null, new IOException("disk full"));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        _fixture.Fails = null;
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));

        // Then
        _fixture.Reports.Should().Equal(("c", "critical", "probe x: bug"), ("c", "passing", "fine"));
    }

    [Fact]
    public void Checks_beyond_the_places_wait_for_one_and_those_that_were_ended_meanwhile_leave_the_line()
    {
        // Given: as many as there are places hang, and three more are due.
        const int Places = 1024;
        var probes = Enumerable.Range(0, Places + 3).Select(_ => new ScriptedProbe()).ToList();
        probes.ForEach(probe => probe.Hold());
        var checks = probes.ConvertAll(probe => Start(new CheckDefinition { Interval = TimeSpan.FromSeconds(1) }, probe));
        _fixture.Clock.Advance(TimeSpan.FromSeconds(1));
        probes.Count(probe => probe.Runs > 0).Should().Be(Places);
        (_fixture.Runtime.Places.Running, _fixture.Runtime.Places.Waiting).Should().Be((Places, 3));

        // When: those that are due at the same time come in any order.
        var waiting = Enumerable.Range(0, probes.Count).Where(i => probes[i].Runs == 0).ToList();
        waiting.ForEach(i => checks[i].End());
        probes[Enumerable.Range(0, probes.Count).First(i => probes[i].Runs > 0)].Release(CheckResult.Passing("done"));

        // Then
        waiting.Should().OnlyContain(i => probes[i].Runs == 0);
        (_fixture.Runtime.Places.Running, _fixture.Runtime.Places.Waiting).Should().Be((Places - 1, 0));
    }

    [Fact]
    public void A_place_that_is_free_goes_to_the_next_in_line()
    {
        // Given
        var places = new RunPlaces(1);
        List<TaskCompletionSource> runs = [new(), new(), new()];
        List<int> started = [];
        for (var i = 0; i < runs.Count; i++)
        {
            places.Enter(new Run(i, runs[i].Task, started));
        }

        // When
        started.Should().Equal(0);
        runs[0].SetResult();
        started.Should().Equal(0, 1);
        runs[1].SetResult();
        runs[2].SetResult();

        // Then
        started.Should().Equal(0, 1, 2);
        (places.Running, places.Waiting).Should().Be((0, 0));
    }

    private IntervalCheck Start(CheckDefinition definition, ScriptedProbe? probe = null) => new("c", definition with { Tcp = "x:1" }, probe ?? _probe, TimeOut, _fixture.Runtime);

    private sealed class Run(int number, Task end, List<int> started) : IPlacedRun
    {
        public Task RunAsync()
        {
            started.Add(number);
            return end;
        }
    }

    private sealed class ScriptedProbe : ICheckProbe
    {
        private readonly TaskCompletionSource _cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private TaskCompletionSource<CheckResult>? _held;

        public string Subject => "probe x";

        public int Runs { get; private set; }

        public Task Cancelled => _cancelled.Task;

        public CheckResult Next { get; set; } = CheckResult.Passing("fine");

        public Exception? Breaks { get; set; }

        public void Hold() => _held = new TaskCompletionSource<CheckResult>();

        // Continues on the caller's thread.
        public void Release(CheckResult result)
        {
            var held = _held!;
            _held = null;
            held.SetResult(result);
        }

        public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
        {
            Runs++;
            if (Breaks is { } error)
            {
                throw error;
            }

            if (_held is not { } held)
            {
                return Next;
            }

            await using var end = cancellationToken.Register(() =>
            {
                held.TrySetCanceled(cancellationToken);
                _cancelled.TrySetResult();
            });
            return await held.Task;
        }
    }
}
