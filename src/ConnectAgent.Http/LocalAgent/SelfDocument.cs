using System.Globalization;
using ConnectAgent.Agent.Catalog;
using ConnectAgent.Agent.LocalServices;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>What an agent says of itself, in the reference's shape (services AG-25, AG-26). Never shows a secret.</summary>
internal sealed class SelfDocument(AgentDescription agent, LocalView local)
{
    private static readonly string[] EnvoyVersions = ["1.20.2", "1.18.6", "1.17.4", "1.16.5", "1.15.5"];

    public string NodeName => agent.NodeName;

    public AgentSelf Of() => new(
        new SelfConfig(
            agent.Datacenter,
            agent.PrimaryDatacenter,
            agent.NodeName,
            agent.NodeId,
            ApiVersion.Revision,
            agent.Server,
            ApiVersion.Number,
            ApiVersion.BuildDate),
        Debug(),
        new SelfCoordinate(new double[8], 1.5, 0, 1e-05),
        Member(),
        Stats(),
        OwnNode.MetaOf(agent.NodeMeta),
        agent.Ports["grpc"] > 0 ? Xds() : null);

    private DebugConfig Debug() => new()
    {
        GrpcPort = agent.Ports["grpc"],
        HttpPort = agent.Ports["http"],
        HttpsPort = agent.Ports["https"],
        DnsPort = agent.Ports["dns"],
        Datacenter = agent.Datacenter,
        NodeName = agent.NodeName,
        NodeId = agent.NodeId,
        ServerMode = agent.Server,
        DevMode = agent.DevMode,
        ConnectEnabled = agent.ConnectEnabled,
        AclsEnabled = agent.AclsEnabled,
        EnableDebug = agent.EnableDebug,
        Telemetry = [],
        TaggedAddresses = OwnNode.TaggedAddresses(agent.AdvertiseAddress),
        Logging = new(StringComparer.Ordinal) { ["LogLevel"] = agent.LogLevel },
    };

    public SelfMember Member()
    {
        Dictionary<string, string> tags = new(StringComparer.Ordinal)
        {
            ["acls"] = agent.AclsEnabled ? "1" : "0",
            ["build"] = ApiVersion.Number + ":",
            ["dc"] = agent.Datacenter,
            ["ft_fs"] = "1",
            ["ft_si"] = "1",
            ["id"] = agent.NodeId,
            ["port"] = Text(agent.Ports["server"]),
            ["raft_vsn"] = "3",
            ["role"] = agent.Server ? "consul" : "node",
            ["segment"] = string.Empty,
            ["vsn"] = "2",
            ["vsn_max"] = "3",
            ["vsn_min"] = "2",
            ["wan_join_port"] = Text(agent.Ports["serf_wan"]),
        };
        if (agent.Bootstrap)
        {
            tags["bootstrap"] = "1";
        }

        return new SelfMember(
            agent.NodeName, agent.AdvertiseAddress, agent.Ports["serf_lan"], tags, 1, 1, 5, 2, 2, 5, 4);
    }

    public SelfMember WanMember()
    {
        var member = Member();
        member.Tags.Remove("wan_join_port");
        return member with { Name = $"{agent.NodeName}.{agent.Datacenter}", Port = agent.Ports["serf_wan"] };
    }

    private Dictionary<string, Dictionary<string, string>> Stats() => new(StringComparer.Ordinal)
    {
        ["agent"] = new(StringComparer.Ordinal)
        {
            ["check_monitors"] = Count(CheckTypes.Script),
            ["check_ttls"] = Count(CheckTypes.Ttl),
            ["checks"] = Text(local.Checks.Count),
            ["services"] = Text(local.Services.Count),
        },
        ["build"] = new(StringComparer.Ordinal)
        {
            ["prerelease"] = string.Empty,
            ["revision"] = ApiVersion.Revision,
            ["version"] = ApiVersion.Number,
        },
        ["consul"] = new(StringComparer.Ordinal)
        {
            ["acl"] = agent.AclsEnabled ? "enabled" : "disabled",
            ["bootstrap"] = agent.Bootstrap ? "true" : "false",
            ["known_datacenters"] = "1",
            ["leader"] = agent.Server ? "true" : "false",
            ["leader_addr"] = $"{agent.AdvertiseAddress}:{agent.Ports["server"]}",
            ["server"] = agent.Server ? "true" : "false",
        },
        ["raft"] = new(StringComparer.Ordinal) { ["state"] = "Leader" },
        ["runtime"] = new(StringComparer.Ordinal)
        {
            ["cpu_count"] = Text(Environment.ProcessorCount),
            ["version"] = ".NET " + Environment.Version,
        },
        ["serf_lan"] = new(StringComparer.Ordinal) { ["members"] = "1" },
        ["serf_wan"] = new(StringComparer.Ordinal) { ["members"] = "1" },
    };

    private SelfXds Xds() => new(
        new(StringComparer.Ordinal) { ["envoy"] = EnvoyVersions },
        agent.Ports["grpc"],
        new(StringComparer.Ordinal) { ["Plaintext"] = agent.Ports["grpc"], ["TLS"] = agent.Ports["grpc_tls"] });

    private string Count(string checkType) => Text(local.Checks.Values.Count(check => check.Registered.Type == checkType));

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
