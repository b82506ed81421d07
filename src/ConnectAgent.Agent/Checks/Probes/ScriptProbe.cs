using System.ComponentModel;
using System.Diagnostics;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>
/// Runs a program (services CHK-8): exit code 0 passes, 1 warns, every other one is critical. It runs as the agent's user, in the agent's working folder and
/// with its environment, without input; what it writes to both outputs is the check's output.
/// </summary>
/// <param name="arguments">The program and its arguments; no shell reads them.</param>
/// <param name="outputSize">Bytes of the output that are kept.</param>
/// <param name="clock">For the pauses between two looks at the output.</param>
internal sealed class ScriptProbe(IReadOnlyList<string> arguments, int outputSize, TimeProvider clock) : ICheckProbe
{
    public string Subject { get; } = $"script {arguments[0]}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        // Starting a process takes milliseconds, which the timer has not.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var group = ProcessGroup.Start(arguments);
            var output = new BoundedOutput(outputSize);
            var code = await group.RunAsync(output, clock, cancellationToken);
            return new CheckResult(code switch { 0 => CheckStatus.Passing, 1 => CheckStatus.Warning, _ => CheckStatus.Critical }, output.ToText());
        }
        catch (Exception error) when (error is Win32Exception or IOException or ArgumentException)
        {
            return CheckResult.Critical($"{Subject}: {error.Message}");
        }
    }
}
