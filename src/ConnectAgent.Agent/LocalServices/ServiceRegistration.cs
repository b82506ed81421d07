using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Services.Rules;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>A service to be registered with this agent, checked and complete (services REG-3, REG-13).</summary>
/// <param name="Service">As sent, with defaults.</param>
internal sealed record ServiceRegistration(NodeService Service)
{
    /// <summary>What it is registered in the catalog with (REG-17); empty for none. Never logged.</summary>
    public string Token { get; init; } = string.Empty;

    /// <summary>With their IDs and the service's token (REG-14).</summary>
    public IReadOnlyList<RegisteredCheck> Checks { get; init; } = [];

    /// <summary>Null for none; then one that is there stays as it is (SIDE-8).</summary>
    public SidecarRegistration? Sidecar { get; init; }

    /// <summary>Itself and its sidecar, as they are before a port is found for that.</summary>
    public IEnumerable<ServiceRegistration> Parts => Sidecar is null ? [this] : [this, Sidecar.Planned];

    /// <summary>Whether its checks that are not mentioned go (REG-15).</summary>
    public bool ReplacesChecks { get; init; }

    /// <summary>Whether a configuration file says it.</summary>
    public bool IsFromFile { get; init; }

    /// <summary>Makes one of what an owner asks for (REG-12, REG-14, SIDE-1).</summary>
    /// <param name="definition">With its defaults, and checked by the rules.</param>
    /// <param name="token">Whose; a sidecar may have its own. Empty for none.</param>
    /// <param name="isFromFile">Whether a configuration file says it.</param>
    /// <param name="replacesChecks">Whether checks that are not mentioned go (REG-15).</param>
    /// <exception cref="ServerException">400: a tagged address is of the wrong kind.</exception>
    public static ServiceRegistration Of(ServiceDefinition definition, string token, bool isFromFile = false, bool replacesChecks = false) =>
        new(TaggedAddressRules.Complete(definition.Service).Completed())
        {
            Token = token,
            Checks =
            [
                .. CheckRules.OfService(definition.Service, definition.Checks)
                    .Select(check => RegisteredCheck.Of(check, isNested: true, token) with { IsFromFile = isFromFile }),
            ],
            Sidecar = definition.Sidecar is { } sidecar
                ? new SidecarRegistration(
                    SidecarRules.IdOf(definition.Service.Id),
                    sidecar.Service.Port,
                    port => Of(SidecarRules.Expand(definition, port), sidecar.Token.Length > 0 ? sidecar.Token : token, isFromFile, replacesChecks))
                : null,
            ReplacesChecks = replacesChecks,
            IsFromFile = isFromFile,
        };

    // Records print their members.
    public override string ToString() => $"service {Service.Id}";
}

/// <summary>The sidecar that comes with a service (services SIDE-1). Its port may have to be found, under the lock of the store.</summary>
/// <param name="Id">Its service ID.</param>
/// <param name="Port">As asked for; below 1 it gets one (SIDE-4).</param>
/// <param name="AtPort">Pure; the sidecar with its port, which its default checks depend on (SIDE-6).</param>
internal sealed record SidecarRegistration(string Id, int Port, Func<int, ServiceRegistration> AtPort)
{
    private ServiceRegistration? _planned;

    /// <summary>The sidecar before its port is known; for what does not depend on it. Worked out once.</summary>
    /// <exception cref="ServerException">As <see cref="ServiceRegistration.Of"/>.</exception>
    public ServiceRegistration Planned => _planned ??= AtPort(Math.Max(Port, 1));
}
