using System.Text.Json;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Client.Servers;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Agent.Discovery;

/// <summary>
/// Reads the instances of a service with their checks, in the servers' order (services HLT-1, HLT-2). What the token may not see is left out, an
/// unknown service has none (services HLT-8), and a change of a check's status is a change, too (services HLT-5).
/// </summary>
internal sealed class HealthRead : IServerReadKind<HealthQuery, ServiceHealth>
{
    public static HealthRead Instance { get; } = new();

    public string Name => "health";

    public string NotServed => "the servers have no catalog of services (GET /v1/health/)";

    // Any server may answer, as for the reference's own agents (agent-cache section 8).
    public string TargetOf(HealthQuery request) => request.Service is "" or "." or ".."
        ? throw new ServerException(FailureKind.Failed, "the servers cannot be asked for a service of this name")
        : $"/v1/health/{request.Target}&stale=&";

    /// <inheritdoc/>
    /// <exception cref="ServerException">Garbage; also an instance that does not say whose it is, for nobody could tell who may see it.</exception>
    public ServiceHealth Decode(HealthQuery request, ConsulAnswer answer)
    {
        try
        {
            return ServiceHealth.Parse(answer.Body, answer.Headers.Contains("X-Consul-Results-Filtered-By-ACLs"));
        }
        catch (JsonException error)
        {
            throw answer.Garbage(error.Message);
        }
    }
}
