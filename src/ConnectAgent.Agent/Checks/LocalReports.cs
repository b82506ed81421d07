using ConnectAgent.Agent.Checks.Probes;
using ConnectAgent.Agent.LocalServices;

namespace ConnectAgent.Agent.Checks;

/// <summary>Results go to the local state, and from there to the catalog.</summary>
internal sealed class LocalReports(LocalState state) : ICheckReports
{
    public void Report(string checkId, CheckResult result) => state.UpdateCheck(checkId, result.Status, result.Output);
}
