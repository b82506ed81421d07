using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;

namespace ConnectAgent.FunctionalTests;

/// <summary>What <c>deviations.json</c> asks for instead of the recording; every step listed there has its check here.</summary>
internal static class Deviations
{
    private static readonly Dictionary<(string Recording, string Step), Deviation> Checks = new()
    {
        [("intentions-exact", "put-other-ns")] = Deviation.Answers(
            "EX-7", 400, "Bad request: Invalid SourceNS(foo): Namespaces is a Consul Enterprise feature"),
        [("intentions-config-entry", "delete-cas")] = Deviation.Answers("CE-27", 200, "false"),
        [("intentions-config-entry", "get-after-delete")] = Deviation.Answers(
            "CE-27", 200, "\"Methods\":[\"GET\",\"HEAD\",\"POST\",\"PUT\",\"PATCH\",\"DELETE\",\"CONNECT\",\"OPTIONS\",\"TRACE\"]"),
        [("config-entries", "get-proxy-defaults")] = Deviation.Answers("CFG-9", 200, "\"Config\":{\"n\":1,\"protocol\":\"http\",\"s\":[\"a\"]}"),
        [("http-conventions", "host-header-not-checked")] = Deviation.Answers("SEC-2", 403, "Host not allowed"),
        [("authorize", "uri-partition")] = Deviation.Answers("SPIF-2", 200, "\"Authorized\":true"),
        [("authorize", "uri-server-id")] = Deviation.Answers("SPIF-3", 400, "Bad request: ClientCertURI not a valid Service identifier"),
        [("authorize", "uri-mesh-gateway")] = Deviation.Answers("SPIF-3", 400, "Bad request: ClientCertURI not a valid Service identifier"),
    };

    // Steps whose id contains "defect" are deviations, too.
    private static readonly Dictionary<(string Recording, string Step), Deviation> Defects = new()
    {
        [("agent-cache", "leaf-wait-too-short-defect")] = Deviation.Answers("CACHE-14", 200, "\"Service\":\"quick\""),
    };

    // What a deviation changes for the steps behind it.
    private static readonly Dictionary<(string Recording, string Step), Deviation> Consequences = new()
    {
        // uri-partition is decided instead of refused, and so has filled the cache entry that this step missed upstream.
        [("authorize", "default-no-intentions")] = new Deviation(
            "SPIF-2", [], answer => answer.Status == 200 && answer.Headers["X-Cache"] == "HIT" ? null : "is no HIT after uri-partition"),
    };

    public static IReadOnlyDictionary<string, Deviation> Of(string recording)
    {
        var listed = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/deviations.json")))!["deviations"]!.AsArray();
        var all = listed.Where(entry => (string)entry!["recording"]! == recording).ToDictionary(
            entry => (string)entry!["step"]!,
            entry => (string)entry!["rule"]! switch
            {
                "DEF-6" => Deviation.IndexHeaders,
                "ACL-AGT-2" => Deviation.Answers("ACL-AGT-2", 200, string.Empty),
                "ACL-MISC-3" => Deviation.Answers("ACL-MISC-3", 404, string.Empty),
                _ => Checks[(recording, (string)entry["step"]!)],
            },
            StringComparer.Ordinal);
        foreach (var ((_, step), consequence) in Consequences.Concat(Defects).Where(entry => entry.Key.Recording == recording))
        {
            all.Add(step, consequence);
        }

        return all;
    }
}
