using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks;

/// <summary>What an alias says, given the checks that it follows (services CHK-6).</summary>
internal static class AliasRule
{
    /// <summary>The worst of some checks; of equals the first.</summary>
    public static CheckResult Of(IEnumerable<HealthCheck> checks)
    {
        HealthCheck? worst = null;
        var any = false;
        foreach (var check in checks)
        {
            any = true;
            if (check.Status is CheckStatus.Critical or CheckStatus.Warning && (worst is null || (check.Status == CheckStatus.Critical && worst.Status == CheckStatus.Warning)))
            {
                worst = check;
            }
        }

        return worst is not null ? new CheckResult(worst.Status, $"Aliased check \"{worst.Name}\" failing: {worst.Output}")
            : CheckResult.Passing(any ? "All checks passing." : "No checks found.");
    }

    /// <summary>There is no such service.</summary>
    /// <param name="serviceId">As the alias names it.</param>
    /// <param name="node">Empty for the agent's own.</param>
    public static CheckResult NotFound(string serviceId, string node) => CheckResult.Critical($"Service {serviceId} could not be found on node {node}");
}
