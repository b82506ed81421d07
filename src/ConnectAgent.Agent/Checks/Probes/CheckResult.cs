using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks.Probes;

/// <summary>What a check has found out.</summary>
/// <param name="Status">One of <see cref="CheckStatus"/>.</param>
/// <param name="Output">For people; bounded (services CHK-2).</param>
internal readonly record struct CheckResult(string Status, string Output)
{
    public static CheckResult Passing(string output) => new(CheckStatus.Passing, output);

    public static CheckResult Critical(string output) => new(CheckStatus.Critical, output);
}
