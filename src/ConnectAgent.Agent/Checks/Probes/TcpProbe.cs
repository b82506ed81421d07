namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>Connects and closes (services CHK-4).</summary>
internal sealed class TcpProbe(string address) : ICheckProbe
{
    public string Subject { get; } = $"TCP connect {address}";

    public async ValueTask<CheckResult> RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            var target = ProbeTarget.Parse(address);
            await using var connection = await Dial.ConnectAsync(target.Host, target.Port, cancellationToken);
            return CheckResult.Passing($"{Subject}: Success");
        }
        catch (ProbeException error)
        {
            return CheckResult.Critical(error.Message);
        }
    }
}
