using System.Text.Json;
using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.FuzzTests.Harness;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.FuzzTests.Targets;

/// <summary>The body of a config entry write, through decoding and every check that needs no state (intentions CE-22, services CFG-3, CFG-4).</summary>
internal sealed class ConfigEntryFuzz : FuzzTarget
{
    public override string Name => "config-entry";

    public override IReadOnlyList<string> Words =>
    [
        "{", "}", "[", "]", ",", ":", "null", "true", "1e400", "-1", "4294967296", "0.01", "\"15s\"", "\"\"", "\"*\"", "\"Kind\":", "\"Name\":", "\"service-resolver\"",
        "\"service-router\"", "\"service-splitter\"", "\"service-defaults\"", "\"proxy-defaults\"", "\"service-intentions\"", "\"ingress-gateway\"",
        "\"terminating-gateway\"", "\"mesh\"", "\"Meta\":{", "\"Config\":{", "\"Sources\":[{", "\"Permissions\":[{", "\"Subsets\":{", "\"Failover\":{", "\"Redirect\":{",
        "\"Routes\":[{", "\"Splits\":[{", "\"Weight\":100", "\"Listeners\":[{", "\"Services\":[{", "\"Hosts\":[", "\"Limits\":{", "\"ConnectTimeout\":", "\"TTL\":",
        "\"connect_timeout\":", "\"Overrides\":[{},", "\"\\ud800\"", "{\"a\":",
    ];

    public override IReadOnlyList<Type> Refusals => [typeof(GoJsonException), typeof(MapstructureException), typeof(ServerException)];

    // A node for each value, its path for error texts, and the stored form.
    public override long WorkPerByte => 4_096;

    public override bool Run(byte[] input)
    {
        var (kind, document) = ConfigEntryKinds.Decode(RequestBody.DecodeBytes(input, KeptJson.Document));
        var entry = kind.Make(document);
        var shown = kind.Show(entry);
        Require(kind.IsSame(entry, entry), "an entry is not the same as itself");

        // What a client reads and writes back changes nothing (CFG-7).
        var (again, same) = ConfigEntryKinds.Decode(JsonElement.Parse(shown.ToJsonString()));
        Require(again == kind && kind.IsSame(entry, kind.Make(same)), "what is shown is another entry when it is written back");
        Require(entry is not ConfigEntry row || ((DocumentKind)kind).IsReadable(row), "what is stored cannot be read again");
        return true;
    }
}
