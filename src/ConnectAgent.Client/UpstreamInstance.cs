using System.Net;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Client;

/// <summary>Where a service may be reached, and who must answer there (clients PROXY-2).</summary>
/// <param name="Host">An IP address or a host name.</param>
/// <param name="Port">The port of its proxy, or its own when it is a native one.</param>
/// <param name="Service">The service that its certificate must name.</param>
/// <param name="Datacenter">The datacenter that its certificate must name.</param>
public sealed record UpstreamInstance(string Host, int Port, string Service, string Datacenter)
{
    /// <summary>The SPIFFE ID that the instance must show.</summary>
    /// <param name="trustDomain">The trust domain of now.</param>
    public ServiceId IdIn(string trustDomain) => new(trustDomain, Datacenter, Service);

    internal EndPoint EndPoint => IPAddress.TryParse(Host, out var address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host, Port);

    internal static UpstreamInstance Of(HealthEntry entry) => new(
        entry.Service.Address is { Length: > 0 } address ? address : entry.Node.Address,
        entry.Service.Port,
        entry.Service.Connect is { Native: true } ? entry.Service.Service : entry.Service.Proxy?.DestinationServiceName ?? string.Empty,
        entry.Node.Datacenter);
}
