namespace ConnectAgent.Agent.LocalServices;

/// <summary>What one change of the local state touched.</summary>
/// <param name="Before">The view that it replaced.</param>
/// <param name="Now">The view from now on.</param>
/// <param name="Services">IDs of the services that came, went or look different.</param>
/// <param name="Checks">IDs of the checks that came, went, or have another result.</param>
/// <param name="IsPushed">Whether whoever made it brings it to the catalog, and waits for that (<see cref="ILocalSync"/>).</param>
internal sealed record LocalChange(
    LocalView Before, LocalView Now, IReadOnlyCollection<string> Services, IReadOnlyCollection<string> Checks, bool IsPushed = false);
