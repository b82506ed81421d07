using ConnectAgent.Agent.Checks.Probes;

namespace ConnectAgent.Agent.Checks;

/// <summary>Takes the results of checks.</summary>
internal interface ICheckReports
{
    /// <summary>Sets the status and the output of a check; one that is gone by then is no error. Waits for nothing.</summary>
    void Report(string checkId, CheckResult result);
}
