namespace ConnectAgent.FunctionalTests;

/// <summary>Recorded steps that belong to a later issue, with the reason. The list only ever shrinks.</summary>
internal static class WaitingSteps
{
    private static readonly Dictionary<string, Dictionary<string, string>> Reasons = new(StringComparer.Ordinal)
    {
    };

    public static IReadOnlyDictionary<string, string> Of(string recording) =>
        Reasons.GetValueOrDefault(recording) ?? new Dictionary<string, string>(StringComparer.Ordinal);
}
