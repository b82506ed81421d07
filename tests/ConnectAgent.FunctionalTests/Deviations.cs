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
        [("acl-revocation", "warm-health-cached")] = OfTheCache("MISS"),
        [("acl-revocation", "again-health-cached")] = OfTheCache("HIT"),
        [("agent-checks", "reg-unbound-service")] = Deviation.Answers("AG-9", 404, "ServiceID \"nope\" does not exist"),
        [("agent-checks", "update-unknown")] = Deviation.Answers("AG-11", 404, "CheckID \"nope\" does not have associated TTL"),
        [("agent-checks", "pass-unknown")] = Deviation.Answers("AG-11", 404, "CheckID \"nope\" does not have associated TTL"),
        [("agent-checks", "health-id-unknown-text")] = Deviation.Answers("AG-23", 404, "ServiceId nope not found"),
        [("http-conventions", "host-header-not-checked")] = Deviation.Answers("SEC-2", 403, "Host not allowed"),
        [("authorize", "uri-partition")] = Deviation.Answers("SPIF-2", 200, "\"Authorized\":true"),
        [("authorize", "uri-server-id")] = Deviation.Answers("SPIF-3", 400, "Bad request: ClientCertURI not a valid Service identifier"),
        [("authorize", "uri-mesh-gateway")] = Deviation.Answers("SPIF-3", 400, "Bad request: ClientCertURI not a valid Service identifier"),
        [("ca-config", "key-not-pem")] = Deviation.Answers(
            "CA-32",
            500,
            "error generating CA root certificate: error generating CA: error parsing private key \"<redacted>\": no PEM-encoded data found"),
        [("ca-config", "key-wrong-pem-type")] = Deviation.Answers(
            "CA-32",
            500,
            "error generating CA root certificate: error generating CA: error parsing private key \"<redacted>\": "
                + "unknown PEM block type for signing key: THING"),
        [("ca-config", "roots-at-end")] = Roots("CA-40", count: 2, "ec 384"),
        [("ca-config", "leaf-before-cas-conflict")] = Chain("CA-40, CERT-80", blocks: 2),
        [("ca-config", "leaf-after-cas-conflict")] = Chain("CA-42", blocks: 2),
        [("ca-rotation", "roots-after-key-type")] = Roots("CA-40", count: 2, "rsa 2048"),
        [("ca-rotation", "roots-blocked")] = Roots("CA-40", count: 3, "ec 384"),
        [("ca-rotation", "roots-after")] = Roots("CA-40", count: 3, "ec 384"),
        [("ca-rotation", "roots-after-forced")] = Roots("CA-40", count: 4, "rsa 2048"),
        [("ca-rotation", "roots-pem-after-forced")] = new Deviation("CA-40", [], answer =>
            answer.Status == 200 && answer.Headers["Content-Type"] == "application/pem-certificate-chain" && !answer.Headers.ContainsKey("X-Consul-Index")
                && answer.Body.Split("-----BEGIN CERTIFICATE-----").Length - 1 == 4 + 2
                ? null : $"is no chain of four roots and two cross-signed ones: {answer.Body}"),
        [("ca-rotation", "config-after")] = Deviation.Answers(
            "CA-35", 200, "{\"IntermediateCertTTL\":\"8760h\",\"LeafCertTTL\":\"72h\",\"PrivateKey\":\"hidden\"},\"State\":null"),
    };

    private static readonly Deviation WholeNode = Deviation.Answers("AE-4", 200, "\"lan_ipv4\":\"127.0.0.1\"");

    // Steps whose id contains "defect" are deviations, too.
    private static readonly Dictionary<(string Recording, string Step), Deviation> Defects = new()
    {
        [("http-conventions", "datacenters-conflict-defect")] = new Deviation("CON-2", [], answer =>
            answer.Status == 400 && answer.Body == "Cannot specify ?cached with ?consistent, conflicting semantics." ? null : $"says more than what is wrong: {answer.Body}"),
        [("agent-cache-services", "revoked-hit-defect")] = Deviation.Answers("TOKC-2", 403, "ACL not found"),
        [("agent-cache-services", "query-must-revalidate-error-defect")] = Deviation.Answers("CACHE-41, PQ-3", 404, "Query not found"),
        [("agent-cache-services", "query-stale-if-error-defect")] = Deviation.Answers("CACHE-41", 200, "\"Service\":\"web\""),
        [("agent-cache-services", "revoked-leaf-defect")] = Deviation.Answers("LEAF-91", 403, "ACL not found"),
        [("http-conventions", "datacenters-conflict-defect")] = Deviation.Answers(
            "CON-3", 400, "Cannot specify ?cached with ?consistent, conflicting semantics."),
        [("agent-cache", "leaf-wait-too-short-defect")] = Deviation.Answers("CACHE-14", 200, "\"Service\":\"quick\""),
    };

    // What a deviation, or chance, changes for the steps behind it.
    private static readonly Dictionary<(string Recording, string Step), Deviation> Consequences = new()
    {
        [("agent-checks", "health-id")] = SortedChecks(200, "passing", "foo passing", "redischeck passing", "service:redis1 passing"),
        [("agent-checks", "health-id-critical")] = SortedChecks(503, "critical", "foo passing", "redischeck critical", "service:redis1 passing"),

        // The server's node is whole from the start; upstream its leader knows of it before the agent has said all of it.
        [("acl-denied", "settle0")] = WholeNode,
        [("acl-denied-agent", "settle0")] = WholeNode,
        [("acl-denied-catalog", "settle0")] = WholeNode,
        [("acl-denied-config", "settle0")] = WholeNode,
        [("acl-agent-token", "default-used")] = WholeNode,
        [("acl-denied-agent", "checks@webid")] = BeforeItsFirstRunToo("acl-denied-agent", "checks@webid", "service:web-sidecar-proxy:1"),
        [("status", "coord")] = Deviation.Answers("STA-3", 200, "[]"),

        // uri-partition is decided instead of refused, and so has filled the cache entry that this step missed upstream.
        [("authorize", "default-no-intentions")] = new Deviation(
            "SPIF-2", [], answer => answer.Status == 200 && answer.Headers["X-Cache"] == "HIT" ? null : "is no HIT after uri-partition"),
    };

    // HLT-7: as recorded, but with the true leader state.
    private static Deviation OfTheCache(string hit) => new("HLT-7", [], answer =>
        answer.Status == 200 && answer.Headers["X-Cache"] == hit && answer.Headers["X-Consul-Knownleader"] == "true"
            && answer.Headers["X-Consul-Query-Backend"] == "blocking-query" && (string?)JsonNode.Parse(answer.Body)![0]!["Service"]!["ID"] == "web"
            ? null : $"answers {answer.Status} {answer.Body}");

    // CHK-5: a check runs for the first time at a random moment of its interval. Before, it is as it was registered: of one that fails then, only the output differs.
    private static Deviation BeforeItsFirstRunToo(string recording, string step, string check) => new("CHK-5", [], answer =>
    {
        var recorded = Recording.Load(recording).Steps.Single(one => one.Id == step).Response["json"]!;
        var checks = answer.Status == 200 ? JsonNode.Parse(answer.Body)! : new JsonObject();
        if ((string?)checks[check]?["Output"] is "")
        {
            checks[check]!["Output"] = recorded[check]!["Output"]!.DeepClone();
        }

        return AnswerComparison.Json(recorded, checks.ToJsonString());
    });

    // Upstream's checks are in random order.
    private static Deviation SortedChecks(int status, string aggregated, params string[] checks) => new("services 11.4", [], answer =>
    {
        var health = JsonNode.Parse(answer.Body)!;
        var found = health["Checks"]!.AsArray().Select(check => $"{check!["CheckID"]} {check["Status"]}");
        return answer.Status == status && (string)health["AggregatedStatus"]! == aggregated && found.SequenceEqual(checks)
            ? null : $"answers {answer.Status} {answer.Body}";
    });

    private static Deviation Roots(string rule, int count, string activeKey) => new(rule, [], answer =>
    {
        var roots = JsonNode.Parse(answer.Body)!;
        var list = roots["Roots"]!.AsArray();
        var active = list.Single(root => (bool)root!["Active"]!)!;
        var key = $"{active["PrivateKeyType"]} {active["PrivateKeyBits"]}";
        return answer.Status == 200 && list.Count == count && key == activeKey && (string)active["ID"]! == (string)roots["ActiveRootID"]!
            ? null : $"has {list.Count} roots with {key} active, but {rule} asks for {count} with {activeKey}";
    });

    private static Deviation Chain(string rule, int blocks) => new(rule, [], answer =>
    {
        var found = answer.Status == 200 ? ((string)JsonNode.Parse(answer.Body)!["CertPEM"]!).Split("-----BEGIN CERTIFICATE-----").Length - 1 : 0;
        return found == blocks ? null : $"answers {answer.Status} with {found} blocks, but {rule} asks for {blocks}: {answer.Body}";
    });

    /// <summary>What is checked instead, for the steps of a recording that are played.</summary>
    public static IReadOnlyDictionary<string, Deviation> Of(string recording, IReadOnlyCollection<string> waiting)
    {
        var listed = JsonNode.Parse(File.ReadAllText(Repository.Fixture("recordings/deviations.json")))!["deviations"]!.AsArray();
        var all = listed.Where(entry => (string)entry!["recording"]! == recording && !waiting.Contains((string)entry["step"]!)).ToDictionary(
            entry => (string)entry!["step"]!,
            entry => (string)entry!["rule"]! switch
            {
                "DEF-6" => Deviation.IndexHeaders,
                "HLT-7, HDR-7" => Deviation.WithoutStreaming(),
                "HLT-7, CACHE-42" => Deviation.WithoutStreaming(cache: "MISS"),
                "ACL-AGT-2" => Deviation.Answers("ACL-AGT-2", 200, string.Empty),
                "ACL-MISC-3" => Deviation.Answers("ACL-MISC-3", 404, string.Empty),
                "AG-1, ACL-PERM-16" => Deviation.Answers(
                    "AG-1", 404, "Unknown service ID \"nope\". Ensure that the service ID is passed, not the service name."),
                var rule when ((string)entry["instead"]!).StartsWith("403 ACL not found", StringComparison.Ordinal) =>
                    Deviation.Answers(rule, 403, "ACL not found"),
                var rule when ((string)entry["instead"]!).StartsWith("404 Query not found", StringComparison.Ordinal) =>
                    Deviation.Answers(rule, 404, "Query not found"),
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
