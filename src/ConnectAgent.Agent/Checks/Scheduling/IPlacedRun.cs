namespace ConnectAgent.Agent.Checks.Scheduling;

/// <summary>What takes one of the <see cref="RunPlaces"/>.</summary>
internal interface IPlacedRun
{
    /// <summary>Runs once. Never throws, and ends at once when nobody wants it any more.</summary>
    Task RunAsync();
}
