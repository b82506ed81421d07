using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// Knows the config entries that apply to local services, and lays them over the local state (<see cref="LocalState.UseCentralConfiguration"/>). At most one:
/// none with <c>enable_central_service_config = false</c> (services CENT-5).
/// </summary>
internal interface ICentralConfigurationSource
{
    /// <summary>Sees to it that what applies to a service is known before it is registered, so that whoever reads it right after sees the merge.</summary>
    /// <param name="service">As it will be stored.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <returns>Completes also when it cannot be known now: then it is merged later (CENT-4). Never throws for that.</returns>
    ValueTask PrepareAsync(NodeService service, CancellationToken cancellationToken);
}
