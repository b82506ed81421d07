using System.Globalization;
using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// What a <c>proxy-defaults</c> or <c>service-defaults</c> entry says to a proxy (services CENT-2, CENT-3). Immutable. It is read from what
/// <c>/v1/config</c> shows, of any server: a member that is missing or of another type is unset.
/// </summary>
public sealed record CentralEntry
{
    private static readonly SortedDictionary<string, string> NoConfig = new(StringComparer.Ordinal);

    /// <summary>An entry that is not there.</summary>
    public static CentralEntry None { get; } = new();

    /// <summary>Of <c>service-defaults</c>, or <c>Config.protocol</c> of <c>proxy-defaults</c>; empty for none.</summary>
    internal string Protocol { get; private init; } = string.Empty;

    internal string Mode { get; private init; } = string.Empty;

    internal string MeshGatewayMode { get; private init; } = string.Empty;

    internal TransparentProxy TransparentProxy { get; private init; } = new(0, DialedDirectly: false);

    internal ExposeConfig Expose { get; private init; } = ExposeConfig.Empty;

    /// <summary>The JSON text of each member.</summary>
    internal IReadOnlyDictionary<string, string> Config { get; private init; } = NoConfig;

    /// <summary>For every upstream; null for nothing.</summary>
    internal UpstreamDefaults? EveryUpstream { get; private init; }

    /// <summary>For upstreams by <see cref="NameKey"/>.</summary>
    internal IReadOnlyDictionary<string, UpstreamDefaults> Upstreams { get; private init; } = EmptyMap<UpstreamDefaults>.Instance;

    /// <summary>Reads an entry.</summary>
    /// <param name="entry">As the wire shows it; anything else says nothing.</param>
    public static CentralEntry Of(JsonElement entry)
    {
        var config = MembersOf(Member(entry, "Config"));
        var upstreams = Member(entry, "UpstreamConfig");
        Dictionary<string, UpstreamDefaults> named = new(StringComparer.Ordinal);
        foreach (var upstream in Elements(upstreams, "Overrides"))
        {
            named.TryAdd(NameKey.Of(Text(upstream, "Name")), UpstreamDefaults.Of(upstream));
        }

        return new CentralEntry
        {
            Protocol = Text(entry, "Protocol") is { Length: > 0 } protocol ? protocol : Text(Member(entry, "Config"), "protocol"),
            Mode = Text(entry, "Mode"),
            MeshGatewayMode = Text(Member(entry, "MeshGateway"), "Mode"),
            TransparentProxy = new TransparentProxy(
                Number(Member(entry, "TransparentProxy"), "OutboundListenerPort"), Flag(Member(entry, "TransparentProxy"), "DialedDirectly")),
            Expose = new ExposeConfig(Flag(Member(entry, "Expose"), "Checks"), [.. Elements(Member(entry, "Expose"), "Paths").Select(PathOf)]),
            Config = config,
            EveryUpstream = Member(upstreams, "Defaults") is { } every ? UpstreamDefaults.Of(every) : null,
            Upstreams = named,
        };
    }

    /// <summary>The members of an object with their JSON texts; none of anything else.</summary>
    internal static SortedDictionary<string, string> MembersOf(JsonElement? value)
    {
        SortedDictionary<string, string> members = new(StringComparer.Ordinal);
        if (value is { ValueKind: JsonValueKind.Object } map)
        {
            foreach (var member in map.EnumerateObject())
            {
                members[member.Name] = SortedJson.Of(member.Value);
            }
        }

        return members;
    }

    private static ExposePath PathOf(JsonElement path) => new()
    {
        ListenerPort = Number(path, "ListenerPort"),
        Path = Text(path, "Path"),
        LocalPathPort = Number(path, "LocalPathPort"),
        Protocol = Text(path, "Protocol"),
        ParsedFromCheck = Flag(path, "ParsedFromCheck"),
    };

    private static JsonElement? Member(JsonElement? entry, string name) =>
        entry is { ValueKind: JsonValueKind.Object } map && map.TryGetProperty(name, out var value) ? value : null;

    private static string Text(JsonElement? entry, string name) =>
        Member(entry, name) is { ValueKind: JsonValueKind.String } value ? value.GetString()! : string.Empty;

    private static int Number(JsonElement? entry, string name) =>
        Member(entry, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number : 0;

    private static bool Flag(JsonElement? entry, string name) => Member(entry, name) is { ValueKind: JsonValueKind.True };

    private static JsonElement.ArrayEnumerator Elements(JsonElement? entry, string name) =>
        Member(entry, name) is { ValueKind: JsonValueKind.Array } list ? list.EnumerateArray() : default;

    /// <summary>What <c>service-defaults</c> says of its service's upstreams.</summary>
    /// <param name="Config">The JSON text of each member, under the names that configurations of upstreams have.</param>
    internal sealed record UpstreamDefaults(string MeshGatewayMode, IReadOnlyDictionary<string, string> Config)
    {
        private static readonly (string Member, string Key)[] Limits =
        [
            ("MaxConnections", "max_connections"), ("MaxPendingRequests", "max_pending_requests"), ("MaxConcurrentRequests", "max_concurrent_requests"),
        ];

        public static UpstreamDefaults Of(JsonElement upstream)
        {
            SortedDictionary<string, string> config = new(StringComparer.Ordinal);
            AddText("EnvoyListenerJSON", "envoy_listener_json");
            AddText("EnvoyClusterJSON", "envoy_cluster_json");
            AddText("Protocol", "protocol");
            if (Number(upstream, "ConnectTimeoutMs") is var milliseconds and > 0)
            {
                config["connect_timeout_ms"] = milliseconds.ToString(CultureInfo.InvariantCulture);
            }

            AddObject("Limits", "limits", Limits);
            AddObject("PassiveHealthCheck", "passive_health_check", [("Interval", "interval"), ("MaxFailures", "max_failures")]);
            return new UpstreamDefaults(Text(Member(upstream, "MeshGateway"), "Mode"), config);

            void AddText(string member, string key)
            {
                if (Text(upstream, member) is { Length: > 0 })
                {
                    config[key] = SortedJson.Of(Member(upstream, member)!.Value);
                }
            }

            void AddObject(string member, string key, (string Member, string Key)[] fields)
            {
                SortedDictionary<string, string> members = new(StringComparer.Ordinal);
                foreach (var (name, inner) in fields)
                {
                    if (Member(Member(upstream, member), name) is { ValueKind: JsonValueKind.Number or JsonValueKind.String } value)
                    {
                        members[inner] = SortedJson.Of(value);
                    }
                }

                if (members.Count > 0)
                {
                    config[key] = SortedJson.Of(members);
                }
            }
        }
    }
}
