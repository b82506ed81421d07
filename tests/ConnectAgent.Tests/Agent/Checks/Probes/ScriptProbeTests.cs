using System.Globalization;
using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.Checks.Probes;

/// <summary>services CHK-8: programs, for real.</summary>
public sealed class ScriptProbeTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, "passing")]
    [InlineData(1, "warning")]
    [InlineData(2, "critical")]
    [InlineData(127, "critical")]
    public async Task The_exit_code_decides_and_both_outputs_are_the_output(int code, string status) =>
        (await RunAsync($"echo out; echo err >&2; exit {code}")).Should().Be(new CheckResult(status, "out\nerr\n"));

    [Fact]
    public async Task Arguments_are_the_programs_and_no_shell_reads_them() =>
        (await RunAsync(["printf", "%s|", "a b", "$HOME", ";exit 3", "\"'"])).Should().Be(CheckResult.Passing("a b|$HOME|;exit 3|\"'|"));

    [Fact]
    public async Task A_program_that_is_not_there_is_critical_and_named() =>
        (await RunAsync(["/no/such/program"])).Should().Match<CheckResult>(result => result.Status == "critical" && result.Output.Contains("/no/such/program"));

    [Fact]
    public async Task A_signal_is_critical() => (await RunAsync("kill -9 $$")).Status.Should().Be("critical");

    // services CHK-2
    [Fact]
    public async Task An_output_without_end_is_taken_and_cut()
    {
        var result = await RunAsync("head -c 1000000 /dev/zero | tr '\\0' x");
        result.Should().Be(CheckResult.Passing(new string('x', 4096) + " ... (captured 4096 of 1000000 bytes)"));
    }

    [Fact]
    public async Task There_is_no_input_and_the_working_folder_is_the_agents() =>
        (await RunAsync("cat; pwd")).Should().Be(CheckResult.Passing(Environment.CurrentDirectory + "\n"));

    [Fact]
    public async Task At_the_time_out_the_program_is_killed_with_all_that_it_started()
    {
        // Given: it starts two others that it does not wait for, one of them deaf to TERM, and says who they are.
        var file = Path.Combine(_folder.Path, "pids");
        using var limit = new CancellationTokenSource();
        var run = Probe(["sh", "-c", $"sleep 1000 & (trap '' TERM; sleep 1000; sleep 1000) & echo $$ $! > {file}.new; mv {file}.new {file}; wait"]).RunAsync(limit.Token).AsTask();
        await WaitForAsync(() => File.Exists(file));
        int[] processes = [.. (await File.ReadAllTextAsync(file)).Split(' ').Select(text => int.Parse(text, CultureInfo.InvariantCulture))];
        var group = ProcessGroups.LivingIn(processes[0]);
        group.Should().HaveCountGreaterThanOrEqualTo(4).And.Contain(processes);

        // When
        await limit.CancelAsync();

        // Then
        await run.Awaiting(task => task).Should().ThrowAsync<OperationCanceledException>();
        await WaitForAsync(() => ProcessGroups.LivingIn(processes[0]).Count == 0);
    }

    [Fact]
    public async Task What_a_program_leaves_behind_in_its_group_ends_with_it_and_does_not_hold_the_check()
    {
        // Given: the child holds the output open.
        var result = await RunAsync("sleep 1000 & echo $$");

        // Then
        result.Status.Should().Be("passing");
        await WaitForAsync(() => ProcessGroups.LivingIn(int.Parse(result.Output, CultureInfo.InvariantCulture)).Count == 0);
    }

    [Fact]
    public async Task A_child_that_has_left_the_group_with_the_output_in_hand_does_not_hold_the_check()
    {
        var result = await RunAsync("setsid sh -c 'echo $$; exec sleep 1000' & sleep 0.2");
        result.Status.Should().Be("passing");
        System.Diagnostics.Process.GetProcessById(int.Parse(result.Output, CultureInfo.InvariantCulture)).Kill();
    }

    private static ScriptProbe Probe(IReadOnlyList<string> arguments) => new(arguments, 4096, TimeProvider.System);

    private static Task<CheckResult> RunAsync(string script) => RunAsync(["sh", "-c", script]);

    private static async Task<CheckResult> RunAsync(IReadOnlyList<string> arguments)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        return await Probe(arguments).RunAsync(limit.Token);
    }

    // Another process's doings are no events of ours.
    private static async Task WaitForAsync(Func<bool> holds)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!holds())
        {
            await Task.Delay(10, limit.Token);
        }
    }
}
