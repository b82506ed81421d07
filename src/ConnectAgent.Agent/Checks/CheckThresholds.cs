using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.Checks;

/// <summary>How many results in a row it takes until a check's status follows them (services CHK-5). Zero and one are the same: at once.</summary>
/// <param name="successBeforePassing">Results that are not critical.</param>
/// <param name="failuresBeforeWarning">Critical results before the check warns; zero for none.</param>
/// <param name="failuresBeforeCritical">Critical results before it is critical.</param>
internal struct CheckThresholds(int successBeforePassing, int failuresBeforeWarning, int failuresBeforeCritical)
{
    private int _successes;
    private int _failures;

    /// <summary>Takes a result.</summary>
    /// <returns>The status that the check has now; null: the one that it had, whichever that is.</returns>
    public string? StatusAfter(string result)
    {
        if (result != CheckStatus.Critical)
        {
            (_successes, _failures) = (_successes + 1, 0);
            return _successes >= successBeforePassing ? result : null;
        }

        (_successes, _failures) = (0, _failures + 1);
        return _failures >= failuresBeforeCritical ? CheckStatus.Critical
            : failuresBeforeWarning > 0 && _failures >= failuresBeforeWarning ? CheckStatus.Warning
            : null;
    }
}
