using System.Globalization;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Benchmarks;

/// <summary>Decides and does nothing else, so that somebody can look at the code that a decision runs through.</summary>
internal static class DecisionLoop
{
    /// <summary>Decides about each peer of a thousand intentions.</summary>
    /// <returns>The exit code.</returns>
    public static int Run()
    {
        Intention[] intentions = [.. Enumerable.Range(0, 1_000).Select(i => new Intention
        {
            SourceName = string.Create(CultureInfo.InvariantCulture, $"service-{i:d6}"),
            DestinationName = "db",
            Action = i % 2 == 0 ? Intention.Allow : Intention.Deny,
        })];
        var match = IntentionMatch.ForDestination(intentions);
        return intentions.All(intention =>
            match.Decide(intention.SourceName.AsSpan(), request: null, DefaultDecision.AclsDisabled).Matched == intention) ? 0 : 1;
    }
}
