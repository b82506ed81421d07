using System.Text.Json;
using ConnectAgent.Client.Api;
using ConnectAgent.Proxy.Options;

namespace ConnectAgent.Proxy.Registration;

/// <summary>Finds the only sidecar of a service (clients PROXY-7, ENVOY-1).</summary>
internal static class SidecarLookup
{
    /// <summary>Asks the agent.</summary>
    /// <param name="service">The ID of the service.</param>
    /// <returns>The ID of the proxy.</returns>
    /// <exception cref="ProxyException">There is none, or more than one.</exception>
    /// <exception cref="ApiException">The agent does not answer.</exception>
    public static async Task<string> FindAsync(AgentApi api, string service, CancellationToken cancellationToken)
    {
        var services = (await api.SendAsync(ApiRequest.Get("/v1/agent/services"), cancellationToken)).Json();
        List<string> found = [];
        foreach (var one in services.EnumerateObject().Select(static field => field.Value).Where(one => IsSidecarOf(one, service)))
        {
            found.Add(one.TextOf("ID"));
        }

        found.Sort(StringComparer.Ordinal);
        return found switch
        {
            [] => throw new ProxyException($"No sidecar proxy registered for {service}"),
            [var only] => only,
            _ => throw new ProxyException($"More than one sidecar proxy registered for {service}.\n    Start proxy with -proxy-id and one of the following IDs: {string.Join(", ", found)}"),
        };
    }

    private static bool IsSidecarOf(JsonElement registered, string service) =>
        registered.TextOf("Kind") == "connect-proxy" && registered.FieldOf("Proxy").TextOf("DestinationServiceID").Equals(service, StringComparison.OrdinalIgnoreCase);
}
