using System.Globalization;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services.Rules;

/// <summary>What the kinds of services ask for, each error in the reference's words (services REG-7 to REG-10).</summary>
internal static class KindRules
{
    private const string Wildcard = "*";

    public static List<string> Errors(NodeService service, ServiceDefinition? sidecar)
    {
        List<string> errors = [];
        var proxy = service.Proxy ?? ProxyConfig.Empty;
        if (service.Kind == ServiceKinds.ConnectProxy)
        {
            AddOfProxy(errors, service, proxy);
        }
        else if (ServiceKinds.IsGateway(service.Kind))
        {
            AddOfGateway(errors, service, proxy, sidecar is not null);
        }

        if (sidecar is not null)
        {
            AddIf(errors, sidecar.Service.Id.Length > 0, "A SidecarService cannot specify an ID as this is managed by the agent");
            AddIf(errors, sidecar.Sidecar is not null, "A SidecarService cannot have a nested SidecarService");
        }

        AddPort(errors, "Port", service.Port);
        AddPort(errors, "Proxy.LocalServicePort", proxy.LocalServicePort);
        foreach (var (tag, address) in service.TaggedAddresses.Sorted())
        {
            AddPort(errors, "Port of tagged address " + GoQuote.Of(tag), address.Port);
        }

        return errors;
    }

    private static void AddOfProxy(List<string> errors, NodeService service, ProxyConfig proxy)
    {
        var destination = proxy.DestinationServiceName;
        AddIf(errors, string.IsNullOrWhiteSpace(destination), "Proxy.DestinationServiceName must be non-empty for Connect proxy services");
        AddIf(errors, destination == Wildcard, "Proxy.DestinationServiceName must not be a wildcard for Connect proxy services");
        AddIf(errors, service is { Port: 0, SocketPath: "" }, "Port or SocketPath must be set for a Connect proxy");
        AddIf(errors, service.IsNative, "A Proxy cannot also be Connect Native, only typical services");
        HashSet<(string, string, string, string)> destinations = [];
        HashSet<string> addresses = new(StringComparer.Ordinal);
        foreach (var upstream in proxy.Upstreams)
        {
            if (UpstreamError(upstream, destinations, addresses) is { } error)
            {
                errors.Add(error);
            }
        }

        HashSet<int> listeners = [];
        foreach (var path in proxy.Expose.Paths)
        {
            AddIf(errors, path.Path.Length == 0, "expose.paths: empty path exposed");
            AddIf(errors, !listeners.Add(path.ListenerPort), "expose.paths: duplicate listener ports exposed");
            AddIf(errors, path.ListenerPort is < 1 or > ushort.MaxValue, Text($"expose.paths: invalid listener port: {path.ListenerPort}"));
            AddIf(
                errors,
                path.Protocol.ToLowerInvariant() is not ("" or "http" or "http2"),
                $"protocol '{path.Protocol}' not supported for path: {path.Path}, must be in: [http http2]");
        }
    }

    // Of each upstream only the first thing that is wrong is told, and one that is wrong does not count for the next ones.
    private static string? UpstreamError(Upstream upstream, HashSet<(string, string, string, string)> destinations, HashSet<string> addresses)
    {
        if (!UpstreamTypes.IsOne(upstream.DestinationType))
        {
            return "unknown upstream destination type: " + GoQuote.Of(upstream.DestinationType);
        }

        switch (upstream)
        {
            case { DestinationName: "" }:
                return "upstream destination name cannot be empty";
            case { DestinationName: Wildcard }:
                return "upstream destination name cannot be a wildcard";
            case { LocalBindPort: 0, LocalBindSocketPath: "", CentrallyConfigured: false }:
                return "upstream local bind port or local socket path must be defined and nonzero";
            case { LocalBindPort: not 0, LocalBindSocketPath.Length: > 0 }:
                return "only one of upstream local bind port or local socket path can be defined and nonzero";
            case { LocalBindPort: < 0 or > ushort.MaxValue }:
                return PortError("upstream local bind port", upstream.LocalBindPort);
        }

        if (!destinations.Add((upstream.DestinationType, upstream.DestinationName, upstream.DestinationNamespace, upstream.Datacenter)))
        {
            return $"upstreams cannot contain duplicates of [type={GoQuote.Of(upstream.DestinationType)}, name={GoQuote.Of(upstream.DestinationName)}, "
                + $"namespace={GoQuote.Of(upstream.DestinationNamespace)}, datacenter={GoQuote.Of(upstream.Datacenter)}]";
        }

        var address = upstream.LocalBindSocketPath.Length > 0
            ? upstream.LocalBindSocketPath
            : IpLiteral.WithPort(upstream.LocalBindAddress.Length > 0 ? upstream.LocalBindAddress : "127.0.0.1", upstream.LocalBindPort);
        return !upstream.CentrallyConfigured && !addresses.Add(address)
            ? $"upstreams cannot contain duplicates by local bind address and port or unix path; {GoQuote.Of(address)} is specified twice"
            : null;
    }

    private static void AddOfGateway(List<string> errors, NodeService service, ProxyConfig proxy, bool hasSidecar)
    {
        AddIf(errors, service.Kind != ServiceKinds.IngressGateway && service.Port == 0, $"Port must be non-zero for a {service.Kind}");
        AddIf(errors, hasSidecar, $"A {service.Kind} cannot have a sidecar service defined");
        (string Field, bool IsSet)[] refused =
        [
            ("DestinationServiceName", proxy.DestinationServiceName.Length > 0),
            ("DestinationServiceID", proxy.DestinationServiceId.Length > 0),
            ("LocalServiceAddress", proxy.LocalServiceAddress.Length > 0),
            ("LocalServicePort", proxy.LocalServicePort != 0),
            ("LocalServiceSocketPath", proxy.LocalServiceSocketPath.Length > 0),
            ("Upstreams", proxy.Upstreams.Count > 0),
        ];
        foreach (var (field, isSet) in refused)
        {
            AddIf(errors, isSet, $"The Proxy.{field} configuration is invalid for a {service.Kind}");
        }
    }

    // The reference takes any number (REG-10).
    private static void AddPort(List<string> errors, string name, int port) => AddIf(errors, port is < 0 or > ushort.MaxValue, PortError(name, port));

    private static string PortError(string name, int port) => Text($"{name} must be between 0 and 65535, not {port}");

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static void AddIf(List<string> errors, bool isWrong, string error)
    {
        if (isWrong)
        {
            errors.Add(error);
        }
    }
}
