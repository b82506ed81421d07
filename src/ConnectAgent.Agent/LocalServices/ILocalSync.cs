namespace ConnectAgent.Agent.LocalServices;

/// <summary>Brings what changed here to the catalog. One; without servers to sync with, <see cref="NoSync"/>.</summary>
internal interface ILocalSync
{
    /// <summary>
    /// Pushes services and checks as the local state has them now; what it no longer has is removed there. Called before whoever registered is answered
    /// (services REG-16).
    /// </summary>
    /// <param name="serviceIds">Those that came, changed or went.</param>
    /// <param name="checkIds">As above.</param>
    /// <param name="cancellationToken">The caller going away; the push is made up for later.</param>
    /// <returns>Completes when it is there, or has failed: a failure is logged and made up for later, and never thrown.</returns>
    Task PushAsync(IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> checkIds, CancellationToken cancellationToken);
}

/// <summary>Nobody hears of it.</summary>
internal sealed class NoSync : ILocalSync
{
    public Task PushAsync(IReadOnlyCollection<string> serviceIds, IReadOnlyCollection<string> checkIds, CancellationToken cancellationToken) => Task.CompletedTask;
}
