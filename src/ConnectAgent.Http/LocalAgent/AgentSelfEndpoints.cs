using System.Globalization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Configuration;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.Http.LocalAgent;

/// <summary>Who this agent is (services AG-25, AG-26). Never shows a secret.</summary>
internal sealed class AgentSelfEndpoints(CurrentConfiguration current, IServerClient servers) : IWireEndpoints
{
    private static readonly string[] EnvoyVersions = ["1.20.2", "1.18.6", "1.17.4", "1.16.5", "1.15.5"];

    private AgentConfiguration Configuration => current.Value;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapWire("/v1/agent/self", (HttpMethods.Get, Permission.AgentRead, GetSelfAsync));
        routes.MapWire("/v1/agent/members", (HttpMethods.Get, Permission.Filtered(AclResource.Node, "each member"), GetMembersAsync));
    }

    private Task GetSelfAsync(WireRequest request) => WireReply.JsonAsync(request, Describe(), LocalAgentJson.Default.AgentSelf);

    // AG-26: a lone agent is its only member.
    private async Task GetMembersAsync(WireRequest request)
    {
        var wan = request.Query.First("wan").Length > 0;
        var segment = request.Query.First("segment");
        if (wan && segment is not ("" or "_all"))
        {
            throw WireException.Invalid("Cannot provide a segment with wan=true");
        }

        if (segment is not ("" or "_all"))
        {
            throw WireException.Failed("Network segments are not supported in this version of Consul");
        }

        var rights = await servers.ResolveTokenAsync(request.Token(), request.Aborted);
        var seen = await rights.AllowsAsync(new AclQuestion(AclResource.Node, Configuration.NodeName, AclAccess.Read), request.Aborted);
        var members = request.Visible([wan ? WanMember() : Member()], _ => seen);
        await WireReply.JsonAsync(request, members, LocalAgentJson.Default.IReadOnlyListSelfMember);
    }

    private AgentSelf Describe() => new(
        new SelfConfig(
            Configuration.Datacenter,
            Configuration.PrimaryDatacenter,
            Configuration.NodeName,
            Configuration.NodeId,
            ProductVersion.Revision,
            Configuration.Server,
            ProductVersion.Api,
            ProductVersion.BuildDate),
        Debug(),
        new SelfCoordinate(new double[8], 1.5, 0, 1e-05),
        Member(),
        Stats(),
        new Dictionary<string, string>(Configuration.NodeMeta, StringComparer.Ordinal) { ["consul-network-segment"] = string.Empty },
        Configuration.Ports["grpc"] > 0 ? Xds() : null);

    private DebugConfig Debug() => new()
    {
        GrpcPort = Configuration.Ports["grpc"],
        HttpPort = Configuration.Ports["http"],
        HttpsPort = Configuration.Ports["https"],
        DnsPort = Configuration.Ports["dns"],
        Datacenter = Configuration.Datacenter,
        NodeName = Configuration.NodeName,
        NodeId = Configuration.NodeId,
        ServerMode = Configuration.Server,
        DevMode = Configuration.DevMode,
        ConnectEnabled = Configuration.ConnectEnabled,
        AclsEnabled = Configuration.AclEnabled,
        EnableDebug = Configuration.EnableDebug,
        Telemetry = [],
        TaggedAddresses = TaggedAddresses(),
        Logging = new(StringComparer.Ordinal) { ["LogLevel"] = Configuration.LogLevel },
    };

    private Dictionary<string, string> TaggedAddresses() => new(StringComparer.Ordinal)
    {
        ["lan"] = Configuration.AdvertiseAddress,
        ["lan_ipv4"] = Configuration.AdvertiseAddress,
        ["wan"] = Configuration.AdvertiseAddress,
        ["wan_ipv4"] = Configuration.AdvertiseAddress,
    };

    private SelfMember Member()
    {
        Dictionary<string, string> tags = new(StringComparer.Ordinal)
        {
            ["acls"] = Configuration.AclEnabled ? "1" : "0",
            ["build"] = ProductVersion.Api + ":",
            ["dc"] = Configuration.Datacenter,
            ["ft_fs"] = "1",
            ["ft_si"] = "1",
            ["id"] = Configuration.NodeId,
            ["port"] = Text(Configuration.Ports["server"]),
            ["raft_vsn"] = "3",
            ["role"] = Configuration.Server ? "consul" : "node",
            ["segment"] = string.Empty,
            ["vsn"] = "2",
            ["vsn_max"] = "3",
            ["vsn_min"] = "2",
            ["wan_join_port"] = Text(Configuration.Ports["serf_wan"]),
        };
        if (Configuration.Bootstrap)
        {
            tags["bootstrap"] = "1";
        }

        return new SelfMember(
            Configuration.NodeName, Configuration.AdvertiseAddress, Configuration.Ports["serf_lan"], tags, 1, 1, 5, 2, 2, 5, 4);
    }

    private SelfMember WanMember()
    {
        var member = Member();
        member.Tags.Remove("wan_join_port");
        return member with { Name = $"{Configuration.NodeName}.{Configuration.Datacenter}", Port = Configuration.Ports["serf_wan"] };
    }

    private Dictionary<string, Dictionary<string, string>> Stats() => new(StringComparer.Ordinal)
    {
        ["agent"] = new(StringComparer.Ordinal) { ["check_monitors"] = "0", ["check_ttls"] = "0", ["checks"] = "0", ["services"] = "0" },
        ["build"] = new(StringComparer.Ordinal)
        {
            ["prerelease"] = string.Empty,
            ["revision"] = ProductVersion.Revision,
            ["version"] = ProductVersion.Api,
        },
        ["consul"] = new(StringComparer.Ordinal)
        {
            ["acl"] = Configuration.AclEnabled ? "enabled" : "disabled",
            ["bootstrap"] = Configuration.Bootstrap ? "true" : "false",
            ["known_datacenters"] = "1",
            ["leader"] = Configuration.Server ? "true" : "false",
            ["leader_addr"] = $"{Configuration.AdvertiseAddress}:{Configuration.Ports["server"]}",
            ["server"] = Configuration.Server ? "true" : "false",
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
        Configuration.Ports["grpc"],
        new(StringComparer.Ordinal) { ["Plaintext"] = Configuration.Ports["grpc"], ["TLS"] = Configuration.Ports["grpc_tls"] });

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
