using System.Text;
using ConnectAgent.Agent.Servers.Consul;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Text;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>What is written of services, nodes and checks is read as the same again (services DATA-5 to DATA-9, CAT-1).</summary>
[Properties(MaxTest = PropertyRuns.Cases, Replay = PropertyRuns.Seed)]
public sealed class ServicePropertyTests
{
    private static readonly Gen<string> Texts = Gen.Elements("", "", "a", "B-1", "ä", "\"\\", "<&>", "\u2028\n", "😀", "*", "10.0.0.1", "::1");

    private static readonly Gen<bool> Flags = Gen.Elements(true, false);

    private static readonly Gen<int> Ports = Gen.Elements(0, 0, 1, 65_535, -1, 70_000);

    private static readonly Gen<ExactDuration> Durations = Gen.Elements(0, 1, 1_500_000_000, -3, long.MaxValue).Select(static count => new ExactDuration(count));

    private static readonly Gen<string?> Configs = Gen.Elements(null, null, """{"a":1.50,"b":[null,{"c":"\u003c"}]}""", """{"":{}}""");

    private static readonly Gen<string[]> Tags = Texts.ArrayOf().Select(static tags => tags.Take(3).ToArray());

    private static readonly Gen<Dictionary<string, string>> Maps = MapsOf(Texts);

    private static readonly Gen<Upstream> Upstreams =
        from texts in Texts.ArrayOf(8)
        from port in Ports
        from config in Configs
        select new Upstream
        {
            DestinationType = texts[0],
            DestinationNamespace = texts[1],
            DestinationName = texts[2],
            Datacenter = texts[3],
            LocalBindAddress = texts[4],
            LocalBindPort = port,
            LocalBindSocketPath = texts[5],
            LocalBindSocketMode = texts[6],
            MeshGatewayMode = texts[7],
            Config = config,
        };

    private static readonly Gen<ExposePath> Paths =
        from texts in Texts.ArrayOf(2)
        from ports in Ports.ArrayOf(2)
        from parsed in Flags
        select new ExposePath { Path = texts[0], Protocol = texts[1], ListenerPort = ports[0], LocalPathPort = ports[1], ParsedFromCheck = parsed };

    private static readonly Gen<ProxyConfig> Proxies =
        from texts in Texts.ArrayOf(6)
        from ports in Ports.ArrayOf(2)
        from flags in Flags.ArrayOf(2)
        from config in Configs
        from upstreams in Upstreams.ArrayOf()
        from paths in Paths.ArrayOf()
        select new ProxyConfig
        {
            DestinationServiceName = texts[0],
            DestinationServiceId = texts[1],
            LocalServiceAddress = texts[2],
            LocalServicePort = ports[0],
            LocalServiceSocketPath = texts[3],
            Mode = texts[4],
            TransparentProxy = new TransparentProxy(ports[1], flags[0]),
            Config = config,
            Upstreams = [.. upstreams.Take(3)],
            MeshGatewayMode = texts[5],
            Expose = new ExposeConfig(flags[1], [.. paths.Take(2)]),
        };

    private static readonly Gen<NodeService> Services =
        from texts in Texts.ArrayOf(5)
        from tags in Tags
        from meta in Maps
        from addresses in MapsOf(from address in Texts from port in Ports select new ServiceAddress(address, port))
        from numbers in Ports.ArrayOf(3)
        from flags in Flags.ArrayOf(2)
        from proxy in Proxies
        select new NodeService
        {
            Kind = texts[0],
            Id = texts[1],
            Name = texts[2],
            Tags = tags,
            Meta = meta,
            Address = texts[3],
            TaggedAddresses = addresses,
            Port = numbers[0],
            SocketPath = texts[4],
            Weights = new ServiceWeights(numbers[1], numbers[2]),
            EnableTagOverride = flags[0],
            IsNative = flags[1],
            Proxy = proxy,
        };

    private static readonly Gen<CheckDefinition> Definitions =
        from texts in Texts.ArrayOf(13)
        from flags in Flags.ArrayOf(3)
        from times in Durations.ArrayOf(4)
        from header in MapsOf(Tags)
        from args in Tags
        from size in Ports
        select new CheckDefinition
        {
            Http = texts[0],
            Method = texts[1],
            Body = texts[2],
            TlsServerName = texts[3],
            Tcp = texts[4],
            Udp = texts[5],
            H2Ping = texts[6],
            Grpc = texts[7],
            DockerContainerId = texts[8],
            Shell = texts[9],
            OsService = texts[10],
            AliasNode = texts[11],
            AliasService = texts[12],
            DisableRedirects = flags[0],
            TlsSkipVerify = flags[1],
            GrpcUseTls = flags[2],
            Interval = times[0],
            Timeout = times[1],
            Ttl = times[2],
            DeregisterCriticalServiceAfter = times[3],
            Header = header.ToDictionary(static pair => pair.Key, static pair => (IReadOnlyList<string>)pair.Value, StringComparer.Ordinal),
            ScriptArgs = args,
            OutputMaxSize = size,
        };

    private static readonly Gen<HealthCheck> Checks =
        from texts in Texts.ArrayOf(11)
        from tags in Tags
        from port in Ports
        from definition in Definitions
        select new HealthCheck
        {
            Node = texts[0],
            CheckId = texts[1],
            Name = texts[2],
            Status = texts[3],
            Notes = texts[4],
            Output = texts[5],
            ServiceId = texts[6],
            ServiceName = texts[7],
            ServiceTags = tags,
            Type = texts[8],
            Interval = texts[9],
            Timeout = texts[10],
            ExposedPort = port,
            Definition = definition,
        };

    [Property]
    public Property What_is_written_to_a_catalog_is_read_as_the_same() => Prop.ForAll(
        (from texts in Texts.ArrayOf(4)
         from maps in Maps.ArrayOf(2)
         from skip in Flags
         from service in Services
         from checks in Checks.ArrayOf()
         select new CatalogRegistration(
             new CatalogNode { Datacenter = texts[0], Id = texts[1], Name = texts[2], Address = texts[3], TaggedAddresses = maps[0], Meta = maps[1] })
         {
             SkipNodeUpdate = skip,
             Service = service,
             Checks = [.. checks.Take(3)],
         }).ToArbitrary(),
        static registration => Read(ServiceBodies.CatalogRegistration, CatalogBodies.Of(registration)).Should().BeEquivalentTo(registration));

    [Property] // section 9
    public Property A_service_has_the_same_hash_when_it_has_been_written_and_read() => Prop.ForAll(
        Services.ToArbitrary(),
        static service =>
        {
            var body = Encoding.UTF8.GetBytes($$"""{"Service":{{RecordedShapes.Written(service, ServiceJson.NodeService)}}}""");
            return ContentHash.Of(Read(ServiceBodies.CatalogRegistration, body).Service!) == ContentHash.Of(service);
        });

    private static Gen<Dictionary<string, T>> MapsOf<T>(Gen<T> values) =>
        from keys in Texts.ArrayOf()
        from all in values.ArrayOf(3)
        select keys.Distinct(StringComparer.Ordinal).Take(3).Zip(all).ToDictionary(static pair => pair.First, static pair => pair.Second, StringComparer.Ordinal);

    private static T Read<T>(SchemaType<T> type, byte[] body) => GoJson.Decode<T>((byte[])[.. body, (byte)' '], type);
}
