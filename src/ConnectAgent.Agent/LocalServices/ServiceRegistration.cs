using ConnectAgent.Protocol.Services;

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

    /// <summary>Whether its checks that are not mentioned go (REG-15).</summary>
    public bool ReplacesChecks { get; init; }

    /// <summary>Whether a configuration file says it.</summary>
    public bool IsFromFile { get; init; }

    // Records print their members.
    public override string ToString() => $"service {Service.Id}";
}

/// <summary>The sidecar that comes with a service (services SIDE-1). Its port may have to be found, under the lock of the store.</summary>
/// <param name="Id">Its service ID.</param>
/// <param name="Port">As asked for; below 1 it gets one (SIDE-4).</param>
/// <param name="AtPort">Pure; the sidecar with its port, which its default checks depend on (SIDE-6).</param>
internal sealed record SidecarRegistration(string Id, int Port, Func<int, ServiceRegistration> AtPort);
