using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// Adds what config entries say to a local proxy or gateway (services CENT-1 to CENT-3): to what is seen of it, never to what is stored. Pure; only
/// what the registration leaves open is filled.
/// </summary>
/// <param name="proxyDefaults">The entry <c>global</c>; <see cref="CentralEntry.None"/> when there is none.</param>
/// <param name="serviceDefaults">The entry of a service, by name; <see cref="CentralEntry.None"/> when there is none, or it is not known yet (CENT-4).</param>
public sealed class CentralConfiguration(CentralEntry proxyDefaults, Func<string, CentralEntry> serviceDefaults)
{
    private const string ProtocolKey = "protocol";

    /// <summary>Whether a service gets anything: a proxy of a service of the same agent, or a gateway (CENT-1).</summary>
    public static bool Covers(NodeService service) =>
        ServiceKinds.IsGateway(service.Kind) || (service is { Kind: ServiceKinds.ConnectProxy, Proxy.DestinationServiceId.Length: > 0 });

    /// <summary>The service with what the entries add.</summary>
    /// <returns>The same object when they add nothing.</returns>
    public NodeService Merge(NodeService service)
    {
        if (!Covers(service))
        {
            return service;
        }

        var own = service.Proxy ?? ProxyConfig.Empty;
        var defaults = serviceDefaults(OwnerOf(service));
        var merged = own with
        {
            Mode = Or(own.Mode, Or(defaults.Mode, proxyDefaults.Mode)),
            MeshGatewayMode = Or(own.MeshGatewayMode, Or(defaults.MeshGatewayMode, proxyDefaults.MeshGatewayMode)),
            TransparentProxy = Fill(Fill(own.TransparentProxy, defaults.TransparentProxy), proxyDefaults.TransparentProxy),
            Expose = Fill(Fill(own.Expose, defaults.Expose), proxyDefaults.Expose),
            Config = Fill(own.Config, ProtocolOf(defaults), proxyDefaults.Config),
            Upstreams = Merge(own, defaults),
        };
        return merged == own ? service : service with { Proxy = merged };
    }

    private static string OwnerOf(NodeService service) =>
        service.Kind == ServiceKinds.ConnectProxy ? service.Proxy!.DestinationServiceName : service.Name;

    private static bool IsService(Upstream upstream) => upstream.DestinationType is "" or "service";

    private static string Or(string text, string other) => text.Length > 0 ? text : other;

    private static TransparentProxy? Fill(TransparentProxy? own, TransparentProxy central)
    {
        var filled = new TransparentProxy(
            own is { OutboundListenerPort: not 0 } ? own.OutboundListenerPort : central.OutboundListenerPort,
            own is { DialedDirectly: true } || central.DialedDirectly);
        return own is null && filled is { OutboundListenerPort: 0, DialedDirectly: false } ? null : filled;
    }

    private static ExposeConfig Fill(ExposeConfig own, ExposeConfig central) =>
        new(own.Checks || central.Checks, own.Paths.Count > 0 || central.Paths.Count == 0 ? own.Paths : central.Paths);

    // What stands first counts.
    private static string? Fill(string? own, params ReadOnlySpan<IReadOnlyDictionary<string, string>> sources)
    {
        var members = CentralEntry.MembersOf(own is null ? null : JsonElement.Parse(own));
        var before = members.Count;
        foreach (var source in sources)
        {
            foreach (var (key, value) in source)
            {
                members.TryAdd(key, value);
            }
        }

        return members.Count == before ? own : SortedJson.Of(members);
    }

    private static SortedDictionary<string, string> ProtocolOf(CentralEntry entry)
    {
        SortedDictionary<string, string> members = new(StringComparer.Ordinal);
        if (entry.Protocol.Length > 0)
        {
            members.Add(ProtocolKey, SortedJson.Text(entry.Protocol));
        }

        return members;
    }

    private IReadOnlyList<Upstream> Merge(ProxyConfig proxy, CentralEntry owner)
    {
        List<Upstream> merged = [.. proxy.Upstreams.Select(upstream => IsService(upstream) ? Merge(proxy, owner, upstream) : upstream)];
        return merged.SequenceEqual(proxy.Upstreams) ? proxy.Upstreams : merged;
    }

    // CENT-3: what the owner says of this upstream, before what its registration says of all, before what it says of all.
    private Upstream Merge(ProxyConfig proxy, CentralEntry owner, Upstream upstream)
    {
        var named = owner.Upstreams.GetValueOrDefault(NameKey.Of(upstream.DestinationName));
        var every = owner.EveryUpstream;
        var itself = serviceDefaults(upstream.DestinationName);
        return upstream with
        {
            MeshGatewayMode = Or(
                upstream.MeshGatewayMode,
                Or(named?.MeshGatewayMode ?? string.Empty, Or(proxy.MeshGatewayMode, every?.MeshGatewayMode ?? string.Empty))),
            Config = Fill(
                upstream.Config,
                named?.Config ?? EmptyMap<string>.Instance,
                every?.Config ?? EmptyMap<string>.Instance,
                ProtocolOf(itself.Protocol.Length > 0 ? itself : proxyDefaults)),
        };
    }
}
