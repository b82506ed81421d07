using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Tests.Http.Health;

/// <summary>Writes instances into a catalog.</summary>
internal static class CatalogEntries
{
    /// <summary>An instance with a check, on a node with a check.</summary>
    /// <param name="connectsFor">Makes it a proxy for that service; null for none.</param>
    public static Task PutAsync(
        this CatalogStore catalog, string node, string service, string status = CheckStatus.Passing, string? connectsFor = null, params string[] tags)
    {
        var id = service + "-1";
        return catalog.RegisterAsync(
            new CatalogRegistration(new CatalogNode { Name = node, Address = "10.0.0.1", Meta = new Dictionary<string, string> { ["os"] = node } })
            {
                Service = new NodeService
                {
                    Kind = connectsFor is null ? ServiceKinds.Typical : ServiceKinds.ConnectProxy,
                    Id = id,
                    Name = service,
                    Tags = tags,
                    Port = 21000,
                    Proxy = connectsFor is null ? null : new ProxyConfig { DestinationServiceName = connectsFor },
                },
                Checks =
                [
                    new HealthCheck { Node = node, CheckId = "serfHealth", Name = "Serf Health Status", Status = CheckStatus.Passing },
                    new HealthCheck { Node = node, CheckId = id, Name = id, Status = status, ServiceId = id },
                ],
            },
            TokenRights.Everything);
    }

    /// <summary>The same from what a server writes.</summary>
    public static Task PutAsync(this CatalogStore catalog, JsonNode instance, string? connectsFor) => catalog.PutAsync(
        (string)instance["Node"]!["Node"]!,
        (string)instance["Service"]!["Service"]!,
        (string)instance["Checks"]![1]!["Status"]!,
        connectsFor,
        [.. instance["Service"]!["Tags"]!.AsArray().Select(tag => (string)tag!)]);
}
