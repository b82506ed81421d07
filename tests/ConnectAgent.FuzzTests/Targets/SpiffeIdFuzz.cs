using System.Text;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>SPIFFE IDs, and the short way that authorize takes for plain ones (certificates CERT-22 to CERT-28).</summary>
internal sealed class SpiffeIdFuzz : FuzzTarget
{
    public override string Name => "spiffe-id";

    public override IReadOnlyList<string> Words =>
    [
        "spiffe://", "SPIFFE://", "/ns/", "/dc/", "/svc/", "/ap/", "/agent/client/dc/", "/id/", "/gateway/mesh/dc/", "default", "dc1", "web", "%2F", "%25", "%zz", "%C3%A9", "?", "#", "@", ":80",
        "[::1]", "//", ".", "..", ".consul", "%00", "%0A", "%2e", "%C2%85", "%7f", "\u0085",
    ];

    public override bool Run(byte[] input)
    {
        var text = Encoding.UTF8.GetString(input);
        var isTaken = SpiffeId.TryParse(text, out var id, out var error);
        if (PlainServiceUri.TryRead(text, out var plain))
        {
            Require(
                id is ServiceId service && plain.Host.SequenceEqual(service.Host) && plain.Namespace.SequenceEqual(service.Namespace)
                    && plain.Datacenter.SequenceEqual(service.Datacenter) && plain.Service.SequenceEqual(service.Service),
                "the short way reads another identity");
        }

        if (!isTaken)
        {
            Require(error.Length > 0, "a refusal without a text");
            return false;
        }

        string[] names = id switch
        {
            ServiceId service => [service.Partition, service.Namespace, service.Datacenter, service.Service],
            AgentId agent => [agent.Partition, agent.Datacenter, agent.Node],
            MeshGatewayId gateway => [gateway.Partition, gateway.Datacenter],
            ServerId server => [server.Datacenter],
            _ => [],
        };
        Require(Array.TrueForAll(names, static name => SpiffePath.IsSegment(name)), "a name that no SPIFFE ID may have");
        var shown = id!.ToString();

        // An escaped slash stays in its segment (CERT-23) and is written plain: then it is nobody's, but never somebody else's.
        Require(!SpiffeId.TryParse(shown, out var again, out _) || again == id, "what it is written as is another identity");
        Require(again is not null || text.Contains("%2f", StringComparison.OrdinalIgnoreCase), "what it is written as is no identity");
        return true;
    }
}
