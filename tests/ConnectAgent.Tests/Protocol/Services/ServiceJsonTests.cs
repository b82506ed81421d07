using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Protocol.Services;

/// <summary>The shapes of services section 2 against what the reference showed.</summary>
public sealed class ServiceJsonTests
{
    private static readonly NodeService Redis = new()
    {
        Id = "redis1",
        Name = "redis",
        Tags = ["primary", "v1"],
        Port = 8000,
        Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["m"] = "1" },
        CreateIndex = 15,
        ModifyIndex = 15,
    };

    private static readonly NodeService RedisProxy = new()
    {
        Kind = ServiceKinds.ConnectProxy,
        Id = "redis-proxy",
        Name = "redis-proxy",
        Port = 21000,
        Proxy = new ProxyConfig { DestinationServiceName = "redis" },
        CreateIndex = 16,
        ModifyIndex = 16,
    };

    private static readonly CatalogNode Foo = new() { Name = "foo", Address = "192.168.10.10", Datacenter = "dc1", CreateIndex = 13, ModifyIndex = 15 };

    public static TheoryData<string, string, string> AgentServices() => new()
    {
        { "agent-services", "get-db", "88d35ff31d235710" },
        { "agent-services", "get-web", "d3dcbc82d8d0a95f" },
        { "agent-services", "get-sidecar", "fd144308f71de246" },
        { "agent-services", "get-native", "2a12a4eb6b8dc16b" },
        { "agent-service-blocking", "vector", "f49b906064da6b0c" },
        { "agent-service-blocking", "vector2", "dd1f219e732d96cd" },
    };

    [Theory] // DATA-1 to DATA-4
    [MemberData(nameof(AgentServices))]
    public void An_agent_shows_a_service_of_its_own_as_recorded(string recording, string step, string hash) =>
        RecordedShapes.Written(HashVectors.Of(hash), (writer, service) => ServiceJson.AgentService(writer, service, "dc1", hash))
            .Should().Be(RecordedShapes.Text(RecordedShapes.Answer(recording, step)));

    [Fact] // DATA-2
    public void A_weight_of_nothing_is_shown_as_one() =>
        RecordedShapes.Written(Redis with { Weights = new ServiceWeights(0, 0) }, static (writer, service) => ServiceJson.AgentService(writer, service, "dc1"))
            .Should().Contain("""
                "Weights":{"Passing":1,"Warning":0}
                """.Trim());

    [Fact] // DATA-5, DATA-6, DATA-8
    public void The_catalog_shows_a_node_and_its_services_as_recorded()
    {
        var node = RecordedShapes.Answer("catalog", "node");
        RecordedShapes.Written(Foo, ServiceJson.Node).Should().Be(RecordedShapes.Text(node["Node"]!));
        RecordedShapes.Written(Redis, ServiceJson.NodeService).Should().Be(RecordedShapes.Text(node["Services"]!["redis1"]!));
        RecordedShapes.Written(RedisProxy, ServiceJson.NodeService).Should().Be(RecordedShapes.Text(node["Services"]!["redis-proxy"]!));
    }

    [Fact] // DATA-8: maps in order
    public void The_catalog_shows_the_node_of_an_agent_as_recorded()
    {
        var recorded = RecordedShapes.Answer("catalog", "nodes0", 0);
        var node = new CatalogNode
        {
            Id = (string)recorded["ID"]!,
            Name = "node1",
            Address = "127.0.0.1",
            Datacenter = "dc1",
            TaggedAddresses = new[] { "wan_ipv4", "wan", "lan_ipv4", "lan" }.ToDictionary(static name => name, static _ => "127.0.0.1", StringComparer.Ordinal),
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["consul-network-segment"] = "" },
            CreateIndex = (ulong)recorded["CreateIndex"]!,
            ModifyIndex = (ulong)recorded["ModifyIndex"]!,
        };
        RecordedShapes.Written(node, ServiceJson.Node).Should().Be(RecordedShapes.Text(recorded));
    }

    [Fact] // DATA-7
    public void The_catalog_lists_instances_as_recorded()
    {
        RecordedShapes.Written(Redis, static (writer, service) => ServiceJson.ServiceNode(writer, Foo, service))
            .Should().Be(RecordedShapes.Text(RecordedShapes.Answer("catalog", "service", 0)));
        RecordedShapes.Written(RedisProxy, static (writer, service) => ServiceJson.ServiceNode(writer, Foo, service))
            .Should().Be(RecordedShapes.Text(RecordedShapes.Answer("catalog", "connect", 0)));
    }

    [Fact] // HLT-1, DATA-9
    public void The_health_of_an_instance_is_shown_as_recorded()
    {
        var node = new CatalogNode
        {
            Name = "n1",
            Address = "10.0.0.1",
            Datacenter = "dc1",
            Meta = new Dictionary<string, string>(StringComparer.Ordinal) { ["os"] = "linux" },
            CreateIndex = 12,
            ModifyIndex = 12,
        };
        var proxy = new NodeService
        {
            Kind = ServiceKinds.ConnectProxy,
            Id = "web1-sidecar-proxy",
            Name = "web-sidecar-proxy",
            Port = 21000,
            Proxy = new ProxyConfig
            {
                DestinationServiceName = "web",
                DestinationServiceId = "web1",
                LocalServiceAddress = "127.0.0.1",
                LocalServicePort = 80,
            },
            CreateIndex = 13,
            ModifyIndex = 13,
        };
        var live = new HealthCheck { Node = "n1", CheckId = "n1:live", Name = "node-live", Status = "passing", CreateIndex = 12, ModifyIndex = 12 };
        var px = new HealthCheck
        {
            Node = "n1",
            CheckId = "px1",
            Name = "px",
            Status = "passing",
            ServiceId = "web1-sidecar-proxy",
            ServiceName = "web-sidecar-proxy",
            CreateIndex = 13,
            ModifyIndex = 13,
        };
        RecordedShapes.Written(new InstanceHealth(node, proxy, [live, px]), ServiceJson.InstanceHealth)
            .Should().Be(RecordedShapes.Text(RecordedShapes.Answer("health-connect", "connect", 0)));
    }

    [Fact] // DATA-9, DATA-10
    public void An_agent_shows_its_checks_as_recorded() =>
        RecordedShapes.Written(Bound, CheckJson.Write).Should().Be(RecordedShapes.Text(RecordedShapes.Answer("agent-checks", "bound-list", "redischeck")));

    [Fact] // AG-21: the client-side shape
    public void The_health_of_a_local_service_is_shown_as_recorded()
    {
        var recorded = RecordedShapes.Answer("agent-checks", "health-id");
        var foo = new HealthCheck { Node = "node1", CheckId = "foo", Name = "foo", Status = "passing", Output = "upd", Type = "ttl", Interval = "0s" };
        var first = Bound with { CheckId = "service:redis1", Name = "Service 'redis' check", Notes = "" };
        var service = new NodeService { Id = "redis1", Name = "redis", Tags = ["t"], Port = 6379 };
        RecordedShapes.Written(service, (writer, value) => CheckJson.AgentHealth(writer, "passing", value, "dc1", [foo, first, Bound]))
            .Should().Be(RecordedShapes.Text(recorded));
    }

    [Fact] // AG-23
    public void The_health_of_no_service_is_shown_as_recorded() =>
        RecordedShapes.Written("critical", static (writer, status) => CheckJson.AgentHealth(writer, status, null, "dc1", []))
            .Should().Be("""{"AggregatedStatus":"critical","Service":null,"Checks":null}""");

    [Fact] // DATA-9: everything that is set, in this order
    public void A_definition_shows_what_is_set() =>
        RecordedShapes.Written(
                new HealthCheck
                {
                    CheckId = "c",
                    Definition = new CheckDefinition
                    {
                        Http = "http://x",
                        TlsServerName = "n",
                        TlsSkipVerify = true,
                        Header = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["B"] = ["1", "2"], ["A"] = [] },
                        Method = "PUT",
                        Body = "<b>",
                        DisableRedirects = true,
                        Tcp = "t",
                        H2Ping = "h",
                        Interval = TimeSpan.FromSeconds(90),
                        OutputMaxSize = 7,
                        Timeout = TimeSpan.FromMilliseconds(20),
                        DeregisterCriticalServiceAfter = TimeSpan.FromMinutes(1),
                        ScriptArgs = ["a"],
                        DockerContainerId = "d",
                        Shell = "s",
                        Grpc = "g",
                        GrpcUseTls = true,
                        AliasNode = "an",
                        AliasService = "as",
                        Ttl = TimeSpan.FromSeconds(15),
                    },
                },
                CheckJson.Write)
            .Should().Contain("\"Definition\":{\"HTTP\":\"http://x\",\"TLSServerName\":\"n\",\"TLSSkipVerify\":true,\"Header\":{\"A\":[],\"B\":[\"1\",\"2\"]},"
                + "\"Method\":\"PUT\",\"Body\":\"\\u003cb\\u003e\",\"DisableRedirects\":true,\"TCP\":\"t\",\"H2PING\":\"h\",\"Interval\":\"1m30s\","
                + "\"OutputMaxSize\":7,\"Timeout\":\"20ms\",\"DeregisterCriticalServiceAfter\":\"1m0s\",\"ScriptArgs\":[\"a\"],\"DockerContainerID\":\"d\","
                + "\"Shell\":\"s\",\"GRPC\":\"g\",\"GRPCUseTLS\":true,\"AliasNode\":\"an\",\"AliasService\":\"as\",\"TTL\":\"15s\"}");

    private static HealthCheck Bound => new()
    {
        Node = "node1",
        CheckId = "redischeck",
        Name = "rc",
        Status = "passing",
        Notes = "n",
        ServiceId = "redis1",
        ServiceName = "redis",
        ServiceTags = ["t"],
        Type = "ttl",
        Interval = "0s",
        Timeout = "0s",
    };
}
