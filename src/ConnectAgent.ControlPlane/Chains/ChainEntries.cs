using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Kinds;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Chains;

/// <summary>The config entries that chains are put together from, as one state has them. What was read of an entry is kept as long as the entry is.</summary>
/// <param name="state">The state.</param>
internal sealed class ChainEntries(StateSnapshot state)
{
    private static readonly Kept<RouterEntry> Routers = new(ServiceRouterKind.KindName, RouterEntry.Of);
    private static readonly Kept<SplitterEntry> Splitters = new(ServiceSplitterKind.KindName, SplitterEntry.Of);
    private static readonly Kept<ResolverEntry> Resolvers = new(ServiceResolverKind.KindName, ResolverEntry.Of);
    private static readonly Kept<DefaultsEntry> Services = new(ServiceDefaultsKind.KindName, DefaultsEntry.Of);
    private static readonly Kept<DefaultsEntry> Global = new(ProxyDefaultsKind.KindName, DefaultsEntry.Of);

    /// <summary>The tables that they are in.</summary>
    public static IReadOnlyList<StateTable<ConfigEntry>> TablesOfServices { get; } = [Routers.Rows, Splitters.Rows, Resolvers.Rows, Services.Rows];

    /// <summary>The table of what holds for all services.</summary>
    public static StateTable<ConfigEntry> TableOfAll => Global.Rows;

    public RouterEntry? Router(string service) => Routers.Find(state, service);

    public SplitterEntry? Splitter(string service) => Splitters.Find(state, service);

    public ResolverEntry? Resolver(string service) => Resolvers.Find(state, service);

    public DefaultsEntry? Defaults(string service) => Services.Find(state, service);

    public DefaultsEntry? ProxyDefaults => Global.Find(state, ProxyDefaultsKind.Global);

    public string ProtocolOf(string service) => ServiceProtocols.Of(state, service);

    /// <summary>The services that have a chain of their own, as they are spelled, by name.</summary>
    public IEnumerable<string> Configured()
    {
        SortedDictionary<string, string> services = new(StringComparer.Ordinal);
        foreach (var table in new[] { Routers.Rows, Splitters.Rows, Resolvers.Rows })
        {
            foreach (var (key, entry) in state.Rows(table))
            {
                services.TryAdd(key, entry.Name);
            }
        }

        return services.Values;
    }

    // The table can make a value by itself, of which nothing is used here.
    private sealed class Kept<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(string kind, Func<JsonObject, T> read)
        where T : class
    {
        private readonly ConditionalWeakTable<ConfigEntry, T> _read = [];

        public StateTable<ConfigEntry> Rows { get; } = DocumentKinds.RowsOf(kind);

        public T? Find(StateSnapshot state, string service) => state.Find(Rows, NameKey.Of(service)) is { } entry
            ? _read.GetValue(entry, stored => read(JsonNode.Parse(stored.Document)!.AsObject()))
            : null;
    }
}

/// <summary>A <c>service-router</c>.</summary>
internal sealed record RouterEntry(IReadOnlyList<RouterEntry.Route> Routes)
{
    public static RouterEntry Of(JsonObject document) => new([.. document.Objects("Routes").Select(route =>
    {
        var destination = route.Object("Destination") ?? [];
        return new Route(route.ToJsonString(DocumentText.Options), destination.Text("Service"), destination.Text("ServiceSubset"));
    })]);

    /// <summary>One of its routes; a service that is empty is the router's.</summary>
    internal sealed record Route(string Definition, string Service, string Subset);
}

/// <summary>A <c>service-splitter</c>.</summary>
internal sealed record SplitterEntry(IReadOnlyList<SplitterEntry.Split> Splits)
{
    public static SplitterEntry Of(JsonObject document) => new([.. document.Objects("Splits").Select(split =>
        new Split(split["Weight"]!.GetValue<decimal>(), split.Text("Service"), split.Text("ServiceSubset")))]);

    /// <summary>One of its splits; a service that is empty is the splitter's.</summary>
    internal sealed record Split(decimal Weight, string Service, string Subset);
}

/// <summary>A <c>service-resolver</c>.</summary>
internal sealed record ResolverEntry
{
    public string DefaultSubset { get; private init; } = string.Empty;

    /// <summary>Filter, and whether only what passes counts, by name.</summary>
    public required IReadOnlyDictionary<string, (string Filter, bool OnlyPassing)> Subsets { get; init; }

    public Other? Redirect { get; private init; }

    /// <summary>By subset, or <c>*</c>.</summary>
    public required IReadOnlyDictionary<string, Other> Failover { get; init; }

    /// <summary>As text; empty for none.</summary>
    public string ConnectTimeout { get; private init; } = string.Empty;

    /// <summary>JSON.</summary>
    public string? LoadBalancer { get; private init; }

    /// <summary>Whether requests that belong together go to one instance.</summary>
    public bool Hashes { get; private init; }

    /// <summary>Whether it says nothing (DCH-9).</summary>
    public bool IsEmpty => DefaultSubset.Length + Subsets.Count + Failover.Count + ConnectTimeout.Length == 0 && Redirect is null && LoadBalancer is null;

    public static ResolverEntry Of(JsonObject document) => new()
    {
        DefaultSubset = document.Text("DefaultSubset"),
        Subsets = (document.Object("Subsets") ?? []).ToDictionary(
            pair => pair.Key, pair => (pair.Value!.AsObject().Text("Filter"), pair.Value!.AsObject().Flag("OnlyPassing")), StringComparer.Ordinal),
        Redirect = document.Object("Redirect") is { } redirect
            ? new Other(redirect.Text("Service"), redirect.Text("ServiceSubset"), redirect.Text("Datacenter") is { Length: > 0 } one ? [one] : [])
            : null,
        Failover = (document.Object("Failover") ?? []).ToDictionary(
            pair => pair.Key,
            pair => new Other(
                pair.Value!.AsObject().Text("Service"), pair.Value!.AsObject().Text("ServiceSubset"), pair.Value!.AsObject().Texts("Datacenters")),
            StringComparer.Ordinal),
        ConnectTimeout = document.Text("ConnectTimeout"),
        LoadBalancer = document.Object("LoadBalancer")?.ToJsonString(DocumentText.Options),
        Hashes = document.Object("LoadBalancer")?.Text("Policy") is "maglev" or "ring_hash",
    };

    /// <summary>Where it leads instead; what is empty stays as it is.</summary>
    internal sealed record Other(string Service, string Subset, IReadOnlyList<string> Datacenters);
}

/// <summary>What chains need of <c>service-defaults</c> and of <c>proxy-defaults</c>.</summary>
internal sealed record DefaultsEntry(string MeshGatewayMode, string ExternalSni)
{
    public static DefaultsEntry Of(JsonObject document) => new(document.Object("MeshGateway")?.Text("Mode") ?? string.Empty, document.Text("ExternalSNI"));
}
