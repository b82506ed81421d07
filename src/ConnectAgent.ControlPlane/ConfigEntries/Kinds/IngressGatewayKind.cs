using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Kept and shown for gateways that ask (clients GOREQ-30).</summary>
internal sealed class IngressGatewayKind() : DocumentKind(KindName, new ObjectType(
    CommonFields.Kind,
    CommonFields.Name,
    new("TLS", new ObjectType(new ConfigField("Enabled", FlagType.Instance, Always: true)), Always: true),
    new("Listeners", new ListType(
        new ObjectType(
            new("Port", NumberType.Int, Always: true),
            new("Protocol", TextType.Name, Always: true),
            new("Services", new ListType(
                new ObjectType(
                    new("Name", TextType.Name, Always: true),
                    new("Hosts", new ListType(TextType.Name, ConfigBounds.Hosts)),
                    CommonFields.Namespace,
                    CommonFields.Meta,
                    new("RequestHeaders", HeaderChanges),
                    new("ResponseHeaders", HeaderChanges)),
                ConfigBounds.Services,
                refusesNull: true))),
        ConfigBounds.Listeners,
        refusesNull: true)),
    CommonFields.Meta,
    CommonFields.CreateIndex,
    CommonFields.ModifyIndex))
{
    public const string KindName = "ingress-gateway";

    private const string Wildcard = "*";

    private static readonly MapType Headers = new(TextType.Instance, ConfigBounds.HeaderChanges);

    private static readonly ObjectType HeaderChanges = new(
        new("Add", Headers), new("Set", Headers), new("Remove", new ListType(TextType.Instance, ConfigBounds.HeaderChanges)));

    public override AccessRequest ToDelete(string entry) => AccessRequest.OperatorWrite;

    protected override void Normalize(JsonObject document)
    {
        foreach (var listener in document.Objects("Listeners"))
        {
            listener["Protocol"] = listener.Text("Protocol") is { Length: > 0 } protocol ? protocol.ToLowerInvariant() : ServiceProtocols.Default;
        }
    }

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        var hasTls = document.Object("TLS")?.Flag("Enabled") is true;
        HashSet<string> ports = new(StringComparer.Ordinal);
        foreach (var listener in document.Objects("Listeners"))
        {
            var port = listener["Port"]!.ToJsonString();
            ConfigCheck.Require(ports.Add(port), $"port {port} declared on two listeners");
            CheckListener(listener, $"(listener on port {port})", port, hasTls);
        }
    }

    protected override void CheckState(StateSnapshot state, string entry)
    {
        GatewayChecks.RequireOneKind(state, entry, KindName, TerminatingGatewayKind.KindName);
        GatewayChecks.RequireProtocols(state, entry);
    }

    private static void CheckListener(JsonObject listener, string at, string port, bool hasTls)
    {
        var protocol = listener.Text("Protocol");
        var services = listener.Objects("Services");
        ConfigCheck.Require(
            protocol == ServiceProtocols.Default || ServiceProtocols.IsHttp(protocol),
            $"protocol must be 'tcp', 'http', 'http2', or 'grpc'. '{protocol}' is an unsupported protocol");
        ConfigCheck.Require(services.Count > 0, $"No service declared for listener with port {port}");
        ConfigCheck.Require(
            services.Count == 1 || ServiceProtocols.IsHttp(protocol),
            $"Multiple services per listener are only supported for protocol 'http' {at}");
        HashSet<string> names = new(StringComparer.Ordinal);
        HashSet<string> hosts = new(StringComparer.Ordinal);
        foreach (var service in services)
        {
            CheckService(service, protocol, at);
            ConfigCheck.Require(names.Add(service.Text("Name")), $"Service {service.Text("Name")} cannot be added multiple times {at}");
            foreach (var host in service.Texts("Hosts"))
            {
                ConfigCheck.Require(hosts.Add(host), $"Hosts must be unique within a specific listener {at}");
                CheckHost(host, hasTls);
            }
        }
    }

    private static void CheckService(JsonObject service, string protocol, string at)
    {
        var name = service.Text("Name");
        if (!ServiceProtocols.IsHttp(protocol))
        {
            ConfigCheck.Require(name != Wildcard, $"Wildcard service name is only valid for protocol = 'http' {at}");
            ConfigCheck.Require(!service.Has("Hosts"), $"Associating hosts to a service is not supported for the {protocol} protocol {at}");
        }

        ConfigCheck.Require(name.Length > 0, $"Service name cannot be blank {at}");
        ConfigCheck.Require(
            name != Wildcard || !service.Has("Hosts"), $"Associating hosts to a wildcard service is not supported {at}");
        ConfigCheck.RequireMeta(service);
    }

    private static void CheckHost(string host, bool hasTls)
    {
        if (host == Wildcard)
        {
            ConfigCheck.Require(
                !hasTls, "Host '*' is not allowed when TLS is enabled, all hosts must be valid DNS records to add as a DNSSAN");
            return;
        }

        ConfigCheck.Require(IsDomain(host), $"Host {GoQuote.Of(host)} must be a valid DNS hostname");
        ConfigCheck.Require(
            !(host.StartsWith("*.", StringComparison.Ordinal) ? host[2..] : host).Contains('*', StringComparison.Ordinal),
            $"Host {GoQuote.Of(host)} is not valid, a wildcard specifier is only allowed as the leftmost label");
    }

    // RFC 1035, section 2.3.4: labels of 1 to 63 octets, 255 in all with their lengths; which characters is not said here.
    private static bool IsDomain(string host)
    {
        var labels = (host.EndsWith('.') ? host[..^1] : host).Split('.');
        var lengths = labels.Select(label => System.Text.Encoding.UTF8.GetByteCount(label)).ToList();
        return lengths.TrueForAll(length => length is > 0 and <= 63) && lengths.Sum() + lengths.Count + 1 <= 255;
    }
}
