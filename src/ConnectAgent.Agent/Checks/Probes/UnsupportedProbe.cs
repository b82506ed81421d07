namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>A check that can be registered and not be run (services CHK-8): it stays critical and says so.</summary>
/// <param name="subject">What is not supported.</param>
internal sealed class UnsupportedProbe(string subject) : ICheckProbe
{
    private const string Text = "check type not supported";

    public string Subject => subject;

    public ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken) => ValueTask.FromResult(CheckResult.Critical($"{Text}: {subject}"));
}
