using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>Which gateways lead to which services, as their config entries say (services CAT-13, CAT-15, HLT-9). One for as long as no entry of the kind is written.</summary>
internal sealed class GatewayLinks
{
    private static readonly ConditionalWeakTable<ImmutableSortedDictionary<string, ConfigEntry>, GatewayLinks> Known = [];

    private readonly Dictionary<string, List<GatewayLink>> _ofGateways = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _toServices = new(StringComparer.Ordinal);

    private GatewayLinks(IEnumerable<ConfigEntry> entries)
    {
        foreach (var entry in entries)
        {
            List<GatewayLink> links = [.. LinksOf(entry)];
            _ofGateways.Add(NameKey.Of(entry.Name), links);
            foreach (var service in links.Select(static link => NameKey.Of(link.Service)).Distinct(StringComparer.Ordinal))
            {
                if (!_toServices.TryGetValue(service, out var gateways))
                {
                    _toServices.Add(service, gateways = []);
                }

                gateways.Add(entry.Name);
            }
        }
    }

    /// <summary>Those of one kind of gateway.</summary>
    public static GatewayLinks Of(StateSnapshot state, string kind) =>
        Known.GetValue(state.Rows(DocumentKinds.RowsOf(kind)), static rows => new GatewayLinks(rows.Values));

    /// <summary>Whether a gateway leads to all services.</summary>
    public bool HasWildcard => _toServices.ContainsKey(GatewayLink.Wildcard);

    /// <summary>What one gateway leads to.</summary>
    public IReadOnlyList<GatewayLink> OfGateway(string name) => _ofGateways.GetValueOrDefault(NameKey.Of(name)) ?? [];

    /// <summary>The names of the gateways that lead to a service.</summary>
    /// <param name="service">Its name.</param>
    /// <param name="isWild">Whether it is among the services that a wildcard stands for.</param>
    public IEnumerable<string> To(string service, bool isWild)
    {
        IEnumerable<string> named = _toServices.GetValueOrDefault(NameKey.Of(service)) ?? [];
        return isWild && _toServices.TryGetValue(GatewayLink.Wildcard, out var wild) ? named.Union(wild, StringComparer.Ordinal) : named;
    }

    private static IEnumerable<GatewayLink> LinksOf(ConfigEntry entry)
    {
        var document = JsonNode.Parse(entry.Document)!.AsObject();
        if (entry.Kind == TerminatingGatewayKind.KindName)
        {
            return document.Objects("Services").Select(service => new GatewayLink(entry.Kind, entry.Name, service.Text("Name"), entry.CreateIndex, entry.ModifyIndex)
            {
                CaFile = service.Text("CAFile"),
                CertFile = service.Text("CertFile"),
                KeyFile = service.Text("KeyFile"),
                Sni = service.Text("SNI"),
            });
        }

        return document.Objects("Listeners").SelectMany(listener => listener.Objects("Services").Select(
            service => new GatewayLink(entry.Kind, entry.Name, service.Text("Name"), entry.CreateIndex, entry.ModifyIndex)
            {
                Port = (int)(double)listener["Port"]!,
                Protocol = listener.Text("Protocol"),
                Hosts = service.Texts("Hosts"),
            }));
    }
}

/// <summary>One service that a gateway leads to (services CAT-15). An empty text and a zero mean unset.</summary>
/// <param name="Kind">Of the gateway.</param>
/// <param name="Gateway">Its name.</param>
/// <param name="Service">The service's name; <c>*</c> for all.</param>
/// <param name="CreateIndex">Of the config entry.</param>
/// <param name="ModifyIndex">The same.</param>
internal sealed record GatewayLink(string Kind, string Gateway, string Service, ulong CreateIndex, ulong ModifyIndex)
{
    /// <summary>The name that stands for all services.</summary>
    public const string Wildcard = "*";

    public int Port { get; init; }

    public string Protocol { get; init; } = string.Empty;

    public IReadOnlyList<string> Hosts { get; init; } = [];

    public string CaFile { get; init; } = string.Empty;

    public string CertFile { get; init; } = string.Empty;

    public string KeyFile { get; init; } = string.Empty;

    public string Sni { get; init; } = string.Empty;

    public bool IsWild => Service == Wildcard;

    /// <summary>Whether a wildcard stood for it.</summary>
    public bool IsFromWildcard { get; init; }
}
