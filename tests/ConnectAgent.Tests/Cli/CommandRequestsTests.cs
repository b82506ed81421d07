using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using ConnectAgent.Cli;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Servers;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Cli;

/// <summary>
/// The table of clients section 5: which requests each command sends, method, path, query and, where the table shows it, body. There is no difference.
/// </summary>
public sealed class CommandRequestsTests
{
    private const string Id = "11111111-2222-3333-4444-555555555555";
    private const string Zeros = "\"Precedence\":0,\"CreatedAt\":\"0001-01-01T00:00:00Z\",\"UpdatedAt\":\"0001-01-01T00:00:00Z\",\"CreateIndex\":0,\"ModifyIndex\":0";
    private const string Created = $$"""{"SourceNS":"","SourceName":"A","DestinationNS":"","DestinationName":"B","SourceType":"consul","Action":"allow",{{Zeros}}}""";
    private const string Written = """
        {"Kind":"service-defaults","Name":"N","Protocol":"http","TransparentProxy":{},"MeshGateway":{},"Expose":{},"CreateIndex":0,"ModifyIndex":0}
        """;

    // The answers that commands go on with; anything else is an empty object.
    private static readonly Dictionary<string, string> Answers = new(StringComparer.Ordinal)
    {
        ["GET /v1/connect/intentions/exact?destination=B&source=there"] = $$"""{"ID":"{{Id}}","SourceName":"there","DestinationName":"B","Action":"deny"}""",
        ["GET /v1/connect/intentions/check?destination=B&source=A&source-type=consul"] = """{"Allowed":true}""",
        ["GET /v1/acl/policies"] = $$"""[{"ID":"{{Id}}","Name":"p1"}]""",
        ["GET /v1/acl/roles"] = $$"""[{"ID":"{{Id}}","Name":"r1"}]""",
        [$"GET /v1/acl/token/{Id}"] = $$"""{"AccessorID":"{{Id}}","Description":"d","Hash":"h","CreateTime":"2030-01-01T00:00:00Z","CreateIndex":7,"ModifyIndex":8}""",
        ["GET /v1/status/leader"] = "\"127.0.0.1:8300\"",
        ["PUT /v1/config"] = "true",
        ["PUT /v1/config?cas=7"] = "true",
    };

    private static readonly Dictionary<string, string> Files = new(StringComparer.Ordinal)
    {
        ["db.hcl"] = "service { name = \"db\" port = 5432 }",
        ["entry.json"] = """{"Kind":"service-defaults","Name":"N","Protocol":"http"}""",
        ["ca.json"] = """{"Provider":"consul","Config":{"LeafCertTTL":"72h"}}""",
        ["rules.hcl"] = "service \"web\" { policy = \"write\" }",
    };

    public static TheoryData<string, string[]> Table => new()
    {
        { "services register -name=db -port=5432", ["""PUT /v1/agent/service/register {"Name":"db","Port":5432,"Check":null,"Checks":null}"""] },
        { "services register db.hcl", ["PUT /v1/agent/service/register"] },
        { "services deregister -id=X", ["PUT /v1/agent/service/deregister/X"] },
        { "catalog datacenters", ["GET /v1/catalog/datacenters"] },
        { "catalog nodes", ["GET /v1/catalog/nodes"] },
        { "catalog nodes -detailed", ["GET /v1/catalog/nodes"] },
        { "catalog nodes -service=S", ["GET /v1/catalog/service/S"] },
        { "catalog nodes -near=n1", ["GET /v1/catalog/nodes?near=n1"] },
        { "catalog nodes -node-meta=a=b", ["GET /v1/catalog/nodes?node-meta=a%3Ab"] },
        { "catalog nodes -filter=Node==n1", ["GET /v1/catalog/nodes?filter=Node%3D%3Dn1"] },
        { "catalog services", ["GET /v1/catalog/services"] },
        { "catalog services -tags", ["GET /v1/catalog/services"] },
        { "catalog services -node=N", ["GET /v1/catalog/node/N"] },
        { "members", ["GET /v1/agent/members?segment=_all"] },
        { "members -detailed", ["GET /v1/agent/members?segment=_all"] },
        { "members -wan", ["GET /v1/agent/members?segment=_all&wan=1"] },
        { "info", ["GET /v1/agent/self"] },
        { "maint", ["GET /v1/agent/self", "GET /v1/agent/checks"] },
        { "maint -enable", ["PUT /v1/agent/maintenance?enable=true&reason="] },
        { "maint -enable -service S -reason R", ["PUT /v1/agent/service/maintenance/S?enable=true&reason=R"] },
        { "maint -disable", ["PUT /v1/agent/maintenance?enable=false"] },
        { "reload", ["PUT /v1/agent/reload"] },
        { "leave", ["PUT /v1/agent/leave"] },
        { "force-leave N", ["PUT /v1/agent/force-leave/N"] },
        { "monitor", ["GET /v1/agent/monitor?loglevel=INFO"] },
        { "monitor -log-level L -log-json", ["GET /v1/agent/monitor?logjson=true&loglevel=L"] },
        { "watch -type=services", ["GET /v1/status/leader", "GET /v1/catalog/services"] },
        { "watch -type=nodes", ["GET /v1/status/leader", "GET /v1/catalog/nodes"] },
        { "watch -type=service -service=S", ["GET /v1/status/leader", "GET /v1/health/service/S"] },
        { "watch -type=checks", ["GET /v1/status/leader", "GET /v1/health/state/any"] },
        { "watch -type=checks -service=S", ["GET /v1/status/leader", "GET /v1/health/checks/S"] },
        { "watch -type=connect_roots", ["GET /v1/status/leader", "GET /v1/agent/connect/ca/roots"] },
        { "watch -type=connect_leaf -service=S", ["GET /v1/status/leader", "GET /v1/agent/connect/ca/leaf/S"] },
        { "watch -type=agent_service -service=S", ["GET /v1/status/leader", "GET /v1/agent/service/S"] },
        { "intention create -allow A B", ["POST /v1/connect/intentions " + Created] },
        { "intention create -replace -allow A B", ["GET /v1/connect/intentions/exact?destination=B&source=A", "POST /v1/connect/intentions " + Created] },
        {
            "intention create -replace -allow there B",
            [
                "GET /v1/connect/intentions/exact?destination=B&source=there",
                $"PUT /v1/connect/intentions/{Id} " + Created.Replace("\"SourceName\":\"A\"", "\"SourceName\":\"there\"", StringComparison.Ordinal).Replace("{\"Source", $$"""{"ID":"{{Id}}","Source""", StringComparison.Ordinal),
            ]
        },
        { "intention get A B", ["GET /v1/connect/intentions/exact?destination=B&source=A"] },
        { $"intention get {Id}", [$"GET /v1/connect/intentions/{Id}"] },
        { "intention list", ["GET /v1/connect/intentions"] },
        { "intention match X", ["GET /v1/connect/intentions/match?by=destination&name=X"] },
        { "intention match -source X", ["GET /v1/connect/intentions/match?by=source&name=X"] },
        { "intention check A B", ["GET /v1/connect/intentions/check?destination=B&source=A&source-type=consul"] },
        { "intention delete A B", ["DELETE /v1/connect/intentions/exact?destination=B&source=A"] },
        { $"intention delete {Id}", [$"DELETE /v1/connect/intentions/{Id}"] },
        { "connect ca get-config", ["GET /v1/connect/ca/configuration"] },
        {
            "connect ca set-config -config-file ca.json",
            ["""PUT /v1/connect/ca/configuration {"Provider":"consul","Config":{"LeafCertTTL":"72h"},"State":null,"ForceWithoutCrossSigning":false,"CreateIndex":0,"ModifyIndex":0}"""]
        },
        { "config write entry.json", ["PUT /v1/config " + Written] },
        { "config write -cas -modify-index 7 entry.json", ["PUT /v1/config?cas=7"] },
        { "config read -kind service-defaults -name N", ["GET /v1/config/service-defaults/N"] },
        { "config list -kind service-defaults", ["GET /v1/config/service-defaults"] },
        { "config delete -kind service-defaults -name N", ["DELETE /v1/config/service-defaults/N"] },
        { "acl bootstrap", ["PUT /v1/acl/bootstrap"] },
        { "acl policy create -name p1 -rules @rules.hcl", ["PUT /v1/acl/policy"] },
        { "acl policy list", ["GET /v1/acl/policies"] },
        { $"acl policy read -id {Id}", [$"GET /v1/acl/policy/{Id}"] },
        { "acl policy read -name p1", ["GET /v1/acl/policies", $"GET /v1/acl/policy/{Id}"] },
        { $"acl policy update -id {Id} -name p2 -no-merge", [$"PUT /v1/acl/policy/{Id}"] },
        { $"acl policy delete -id {Id}", [$"DELETE /v1/acl/policy/{Id}"] },
        {
            "acl token create -policy-name p1 -service-identity web",
            ["""PUT /v1/acl/token {"CreateIndex":0,"ModifyIndex":0,"AccessorID":"","SecretID":"","Description":"","Policies":[{"ID":"","Name":"p1"}],"ServiceIdentities":[{"ServiceName":"web"}],"Local":false,"CreateTime":"0001-01-01T00:00:00Z"}"""]
        },
        { "acl token list", ["GET /v1/acl/tokens"] },
        { $"acl token read -id {Id}", [$"GET /v1/acl/token/{Id}"] },
        { "acl token read -self", ["GET /v1/acl/token/self"] },
        { $"acl token clone -id {Id}", [$$"""PUT /v1/acl/token/{{Id}}/clone {"Description":""}"""] },
        {
            $"acl token update -id {Id} -description d2",
            [$"GET /v1/acl/token/{Id}", $$"""PUT /v1/acl/token/{{Id}} {"AccessorID":"{{Id}}","Description":"d2","Hash":"h","CreateTime":"2030-01-01T00:00:00Z","CreateIndex":7,"ModifyIndex":8}"""]
        },
        { $"acl token delete -id {Id}", [$"DELETE /v1/acl/token/{Id}"] },
        { "acl role create -name r1 -policy-name p1", ["PUT /v1/acl/role"] },
        { "acl role list", ["GET /v1/acl/roles"] },
        { "acl auth-method list", ["GET /v1/acl/auth-methods"] },
        { "acl binding-rule list", ["GET /v1/acl/binding-rules"] },
        { "acl set-agent-token default T", ["""PUT /v1/agent/token/default {"Token":"T"}"""] },
        { "operator raft list-peers", ["GET /v1/operator/raft/configuration"] },
        { "version", [] },

        // CLI-2
        { "catalog services -stale -datacenter dc2", ["GET /v1/catalog/services?dc=dc2&stale="] },
        { "catalog services -namespace n", ["GET /v1/catalog/services?ns=n"] },
    };

    [Theory]
    [MemberData(nameof(Table))]
    public async Task A_command_sends_what_the_reference_sends(string command, string[] expected)
    {
        // Given
        ConcurrentQueue<ScriptedRequest> seen = new();
        await using var server = ScriptedConsulServer.Start();
        server.Script(request =>
        {
            seen.Enqueue(request);
            return $"{request.Method} {request.Target}" switch
            {
                "GET /v1/connect/intentions/exact?destination=B&source=A" when command.Contains("-replace", StringComparison.Ordinal) => ScriptedAnswer.Text(404, "Intention not found"),
                var asked => ScriptedAnswer.Ok(Answers.GetValueOrDefault(asked, "{}"), index: 1),
            };
        });
        using var folder = new TemporaryFolder();
        foreach (var (name, content) in Files)
        {
            folder.Write(name, content);
        }

        string[] words = [.. command.Split(' ').Select(word => Files.ContainsKey(word.TrimStart('@')) ? (word[0] == '@' ? "@" : string.Empty) + Path.Combine(folder.Path, word.TrimStart('@')) : word)];

        // When
        using StringWriter output = new(), errors = new();
        await CommandRunner.RunAsync(words is ["version"] ? words : [.. words, "-http-addr", server.Address.Authority], output, errors);

        // Then
        var sent = seen.ToList();
        sent.Select(static request => $"{request.Method} {request.Target}").Should().Equal(expected.Select(static line => string.Join(' ', line.Split(' ', 3).Take(2))), errors.ToString());
        foreach (var (request, line) in sent.Zip(expected).Where(static pair => pair.Second.Split(' ', 3).Length == 3))
        {
            JsonNode.DeepEquals(JsonNode.Parse(request.Body), JsonNode.Parse(line.Split(' ', 3)[2])).Should().BeTrue("{0} sent {1}", command, request.Body);
        }
    }
}
