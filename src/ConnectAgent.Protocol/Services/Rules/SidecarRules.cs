using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>The sidecar that comes with a service (services SIDE-1 to SIDE-3, SIDE-6). Which port it gets is up to the agent (SIDE-4).</summary>
public static class SidecarRules
{
    private const string Suffix = "-sidecar-proxy";
    private const string Loopback = "127.0.0.1";

    /// <summary>The ID of the sidecar of a service.</summary>
    /// <param name="parentId">The service's.</param>
    public static string IdOf(string parentId) => parentId + Suffix;

    /// <summary>The sidecar as a registration of its own, with its checks.</summary>
    /// <param name="parent">With its defaults, and with a sidecar.</param>
    /// <param name="port">Where it listens: its own, or one that was chosen.</param>
    /// <exception cref="ServerException">It breaks a rule of services (REG-3 to REG-9): 400.</exception>
    public static ServiceDefinition Expand(ServiceDefinition parent, int port)
    {
        ArgumentNullException.ThrowIfNull(parent);
        var definition = parent.Sidecar ?? throw new ArgumentException("it has no sidecar", nameof(parent));
        var (of, given) = (parent.Service, definition.Service);
        var service = ServiceRules.WithDefaults(given with
        {
            Id = IdOf(of.Id),
            Name = given.Name.Length > 0 ? given.Name : of.Name + Suffix,
            Kind = given.Kind.Length > 0 ? given.Kind : ServiceKinds.ConnectProxy,
            Address = given.Address.Length > 0 ? given.Address : of.Address,
            Port = port,
            Tags = given.Tags.Count > 0 ? given.Tags : of.Tags,
            Meta = given.Meta.Count > 0 ? given.Meta : of.Meta,
            Proxy = ProxyOf(of, given.Proxy ?? ProxyConfig.Empty),
        });
        var sidecar = definition with { Service = service, Checks = definition.Checks.Count > 0 ? definition.Checks : DefaultChecks(of, service) };
        ServiceRules.RequireAddress(service);
        ServiceRules.RequireInstance(sidecar);
        return sidecar;
    }

    private static ProxyConfig ProxyOf(NodeService parent, ProxyConfig given)
    {
        var proxy = given with
        {
            DestinationServiceName = given.DestinationServiceName.Length > 0 ? given.DestinationServiceName : parent.Name,
            DestinationServiceId = given.DestinationServiceId.Length > 0 ? given.DestinationServiceId : parent.Id,
        };
        if (proxy is { LocalServiceSocketPath.Length: > 0 } or { LocalServiceAddress.Length: > 0, LocalServicePort: > 0 })
        {
            return proxy;
        }

        return parent.SocketPath.Length > 0
            ? proxy with { LocalServiceSocketPath = parent.SocketPath }
            : proxy with
            {
                LocalServiceAddress = proxy.LocalServiceAddress.Length > 0 ? proxy.LocalServiceAddress : Loopback,
                LocalServicePort = proxy.LocalServicePort > 0 ? proxy.LocalServicePort : parent.Port,
            };
    }

    // SIDE-6: where the sidecar listens, and not where its service does.
    private static IReadOnlyList<CheckRequest> DefaultChecks(NodeService parent, NodeService sidecar)
    {
        string[] hosts = [sidecar.Address, sidecar.Proxy!.LocalServiceAddress, Loopback];
        return
        [
            new CheckRequest
            {
                Name = "Connect Sidecar Listening",
                Definition = new CheckDefinition
                {
                    Tcp = IpLiteral.WithPort(Array.Find(hosts, static host => host.Length > 0)!, sidecar.Port),
                    Interval = TimeSpan.FromSeconds(10),
                },
            },
            new CheckRequest { Name = "Connect Sidecar Aliasing " + parent.Id, Definition = new CheckDefinition { AliasService = parent.Id } },
        ];
    }
}
