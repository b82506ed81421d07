using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>Services whose content hash is recorded (services HASH-7), by that hash.</summary>
internal static class HashVectors
{
    private static readonly Dictionary<string, NodeService> All = new(StringComparer.Ordinal)
    {
        ["f72563cae6924fb5"] = new NodeService { Id = "foo", Name = "foo", Tags = ["bar", "baz"], Port = 8000 },
        ["549e5c03443130ab"] = new NodeService { Id = "foo", Name = "foo", Tags = ["bar", "baz"], Port = 8001 },
        ["88d35ff31d235710"] = new NodeService
        {
            Id = "db",
            Name = "db",
            Tags = ["primary", "v1"],
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["version"] = "1" },
            Port = 5432,
            Address = "10.1.2.3",
            TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal)
            {
                ["wan"] = new("198.18.0.1", 80),
                ["lan_ipv4"] = new("10.1.2.3", 5432),
                ["wan_ipv4"] = new("10.1.2.3", 5432),
            },
            Weights = new ServiceWeights(10, 1),
        },
        ["d3dcbc82d8d0a95f"] = new NodeService
        {
            Id = "web",
            Name = "web",
            Tags = ["a"],
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
            Port = 8080,
        },
        ["fd144308f71de246"] = Sidecar("web", "web", 21000, 8080) with
        {
            Tags = ["a"],
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v" },
            Proxy = Sidecar("web", "web", 21000, 8080).Proxy! with
            {
                Upstreams = [new Upstream { DestinationType = "service", DestinationName = "db", LocalBindPort = 9191 }],
            },
        },
        ["e145c5985d19f942"] = Sidecar("web2", "web", 21001, 8081),
        ["c12ff03e315e4460"] = Sidecar("web", "web", 21000, 8080),
        ["c33fecfb1d302d52"] = Sidecar("d", "d", 21100, 4),
        ["2a12a4eb6b8dc16b"] = new NodeService { Id = "nat", Name = "nat", Port = 9000, IsNative = true },
        ["f49b906064da6b0c"] = new NodeService
        {
            Id = "h1",
            Name = "h1",
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["k"] = "v", ["l"] = "w" },
            Port = 99,
            Address = "10.0.0.1",
            TaggedAddresses = new Dictionary<string, ServiceAddress>(StringComparer.Ordinal)
            {
                ["lan"] = new("1.2.3.4", 5),
                ["lan_ipv4"] = new("10.0.0.1", 99),
                ["wan_ipv4"] = new("10.0.0.1", 99),
            },
            Weights = new ServiceWeights(3, 0),
            EnableTagOverride = true,
            IsNative = true,
        },
        ["dd1f219e732d96cd"] = new NodeService
        {
            Kind = ServiceKinds.ConnectProxy,
            Id = "h2",
            Name = "h2",
            Port = 98,
            Proxy = new ProxyConfig
            {
                DestinationServiceName = "web",
                DestinationServiceId = "web",
                Mode = "transparent",
                TransparentProxy = new TransparentProxy(15001, DialedDirectly: false),
                Config = """{"a":1,"b":"x","c":[1,"z"],"d":{"e":true}}""",
                Upstreams =
                [
                    new Upstream
                    {
                        DestinationType = "service",
                        DestinationName = "db",
                        LocalBindPort = 91,
                        Config = """{"connect_timeout_ms":1000}""",
                        MeshGatewayMode = "local", // inherited (CENT-3)
                    },
                ],
                MeshGatewayMode = "local",
                Expose = new ExposeConfig(Checks: false, [new ExposePath { Path = "/m", ListenerPort = 12, LocalPathPort = 13 }]),
            },
        },
    };

    public static IEnumerable<string> Hashes => All.Keys;

    public static NodeService Of(string hash) => All[hash];

    private static NodeService Sidecar(string parentId, string parentName, int port, int parentPort) => new()
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = parentId + "-sidecar-proxy",
        Name = parentName + "-sidecar-proxy",
        Port = port,
        Proxy = new ProxyConfig
        {
            DestinationServiceName = parentName,
            DestinationServiceId = parentId,
            LocalServiceAddress = "127.0.0.1",
            LocalServicePort = parentPort,
        },
    };
}
