using System.Net;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>What no recording holds: where the product is better than the reference, what 1.16 clients send, and the mesh switched off.</summary>
public sealed class IntentionEdgeTests
{
    private const string Exact = "/v1/connect/intentions/exact?source=web&destination=db";

    [Fact] // DEF-1: the reference cuts the connection
    public async Task A_null_is_answered()
    {
        await using var agent = await AgentProcess.StartAsync();
        var made = JsonNode.Parse((await SendAsync(agent, "POST", "/v1/connect/intentions", Intention())).Body)!;
        (await SendAsync(agent, "POST", "/v1/connect/intentions", "null")).Should().Be((500, "Failed to decode request body: EOF"));
        (await SendAsync(agent, "PUT", "/v1/connect/intentions/" + (string)made["ID"]!, "null")).Should().Be((400, "Bad request: Request decode failed: EOF"));
        (await SendAsync(agent, "PUT", Exact, "null")).Should().Be((400, "Bad request: Request decode failed: EOF"));
        (await SendAsync(agent, "PUT", Exact, """{"Permissions":[null]}""")).Should().Be((400, "Bad request: Request decode failed: EOF"));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-intentions","Name":"db","Sources":[null]}""")).Should().Be(
            (400, "Bad request: Request decoding failed: null entry in Sources"));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-intentions","Name":"db","Sources":[{"Permissions":[null]}]}""")).Should().Be(
            (400, "Bad request: Request decoding failed: null entry in Permissions"));
    }

    [Fact] // IXN-16, EX-1: what 1.16 clients add
    public async Task Newer_clients_are_understood()
    {
        await using var agent = await AgentProcess.StartAsync();
        (await SendAsync(agent, "POST", "/v1/connect/intentions", Intention("\"SourcePartition\":\"x\","))).Should().Be(
            (400, "Bad request: Cannot specify a source partition with this endpoint"));
        (await SendAsync(agent, "POST", "/v1/connect/intentions", Intention("\"DestinationPartition\":\"x\","))).Should().Be(
            (400, "Bad request: Cannot specify a destination partition with this endpoint"));
        (await SendAsync(agent, "POST", "/v1/connect/intentions", Intention("\"SourcePeer\":\"x\","))).Should().Be(
            (500, "SourcePeer field is not supported on this endpoint. Use config entries instead"));
        (await SendAsync(
            agent,
            "POST",
            "/v1/connect/intentions",
            Intention("\"SourcePartition\":\"Default\",\"DestinationPartition\":\"\",\"SourcePeer\":\"\",\"SourceSamenessGroup\":\"\",\"JWT\":null,"))).Status.Should().Be(200);
        (await SendAsync(agent, "GET", "/v1/connect/intentions/exact?source=default/default/web&destination=default/Default/db", null)).Status.Should().Be(200);
        (await SendAsync(agent, "PUT", Exact, """{"SourcePartition":"x","Action":"deny"}""")).Should().Be((200, "true"));
    }

    [Fact] // CRUD-11: here a foreign namespace is a 500, on create a 400; IAPI-3: reads and deletes by ID do not look at ns
    public async Task Namespaces_by_ID()
    {
        await using var agent = await AgentProcess.StartAsync();
        var path = "/v1/connect/intentions/" + (string)JsonNode.Parse((await SendAsync(agent, "POST", "/v1/connect/intentions", Intention())).Body)!["ID"]!;
        (await SendAsync(agent, "PUT", path, Intention("\"SourceNS\":\"foo\","))).Should().Be(
            (500, "Invalid source namespace \"foo\": Namespaces is a Consul Enterprise feature"));
        (await SendAsync(agent, "PUT", path, Intention("\"DestinationNS\":\"foo\","))).Should().Be(
            (500, "Invalid destination namespace \"foo\": Namespaces is a Consul Enterprise feature"));
        const string Refusal = "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature";
        (await SendAsync(agent, "PUT", path + "?ns=default", Intention())).Should().Be((400, Refusal));
        (await SendAsync(agent, "GET", "/v1/config/service-intentions/db?ns=default", null)).Should().Be((400, Refusal));
        (await SendAsync(agent, "GET", "/v1/config/service-intentions?ns=default", null)).Should().Be((400, Refusal));
        (await SendAsync(agent, "DELETE", "/v1/config/service-intentions/db?ns=default", null)).Should().Be((400, Refusal));
        (await SendAsync(agent, "GET", path + "?ns=default", null)).Status.Should().Be(200);
        (await SendAsync(agent, "DELETE", path + "?ns=default", null)).Should().Be((200, "true"));
    }

    [Fact] // IAPI-8
    public async Task With_the_mesh_off_only_reads_of_entries_answer()
    {
        const string Off = "Connect must be enabled in order to use this endpoint";
        await using var agent = await AgentProcess.StartAsync(new JsonObject { ["connect"] = new JsonObject { ["enabled"] = false } });
        (await SendAsync(agent, "POST", "/v1/connect/intentions", Intention())).Should().Be((500, Off));
        (await SendAsync(agent, "PUT", "/v1/connect/intentions/11111111-1111-1111-1111-111111111111", Intention())).Should().Be((500, Off));
        (await SendAsync(agent, "GET", "/v1/connect/intentions/11111111-1111-1111-1111-111111111111", null)).Should().Be((500, Off));
        (await SendAsync(agent, "DELETE", "/v1/connect/intentions/11111111-1111-1111-1111-111111111111", null)).Should().Be((500, Off));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-intentions","Name":"","Sources":[]}""")).Should().Be((500, Off));
        (await SendAsync(agent, "DELETE", "/v1/config/service-intentions/db", null)).Should().Be((500, Off));
        (await SendAsync(agent, "GET", "/v1/config/service-intentions", null)).Should().Be((200, "[]"));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-defaults","Name":"web"}""")).Should().Be((200, "true"));
    }

    [Fact] // ACL-2, CE-23, CRUD-2, CRUD-4, ACL-PERM-36, ACL-PERM-39: rights under default deny
    public async Task Without_rights()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = "root" },
            },
        });
        const string Denied = "Permission denied";
        (await SendAsync(agent, "POST", "/v1/connect/intentions?token=root", Intention())).Status.Should().Be(200);
        (await SendAsync(agent, "POST", "/v1/connect/intentions", Intention("\"ID\":\"x\","))).Should().Be((403, Denied), "access comes before the ID");
        (await SendAsync(agent, "POST", "/v1/connect/intentions", "{")).Status.Should().Be(500, "the body comes before the token");
        (await SendAsync(agent, "POST", "/v1/connect/intentions?token=root", "{}")).Should().Be((403, Denied), "CRUD-4");
        (await SendAsync(agent, "POST", "/v1/connect/intentions?token=wrong", Intention())).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-intentions","Name":"db"}""")).Should().Be(
            (500, "At least one source is required"), "validation comes before access");
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"a","Action":"deny"}]}"""))
            .Should().Be((403, Denied));
        (await SendAsync(agent, "PUT", "/v1/config?token=wrong", """{"Kind":"service-intentions","Name":"db"}""")).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "PUT", "/v1/config?token=root", """{"Kind":"proxy-defaults"}""")).Should().Be((200, "true"));
        (await SendAsync(agent, "PUT", "/v1/config", """{"Kind":"proxy-defaults"}""")).Should().Be((403, Denied));
        (await SendAsync(agent, "GET", "/v1/config/proxy-defaults/global", null)).Status.Should().Be(200, "everybody may read it");
        (await SendAsync(agent, "GET", "/v1/config/proxy-defaults/global?token=wrong", null)).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "GET", "/v1/config/service-intentions/nope", null)).Should().Be((403, Denied), "access comes before existence");
        (await SendAsync(agent, "GET", "/v1/config/service-intentions", null)).Should().Be((200, "[]"));
        (await SendAsync(agent, "DELETE", "/v1/config/service-intentions/nope", null)).Should().Be((403, Denied));
        (await SendAsync(agent, "GET", "/v1/connect/intentions/11111111-1111-1111-1111-111111111111", null)).Status.Should().Be(404);
    }

    [Fact] // IXN-5 finds destinations without regard to case, rules name them with case: a right to DB alone must not reach db
    public async Task A_right_to_another_spelling_is_none_to_what_is_stored()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject
            {
                ["enabled"] = true,
                ["default_policy"] = "deny",
                ["tokens"] = new JsonObject { ["master"] = "root" },
            },
        });
        (await SendAsync(
            agent,
            "PUT",
            "/v1/acl/policy?token=root",
            """{"Name":"upper","Rules":"service \"DB\" { policy = \"write\" intentions = \"write\" }"}""")).Status.Should().Be(200);
        var made = await SendAsync(agent, "PUT", "/v1/acl/token?token=root", """{"Policies":[{"Name":"upper"}]}""");
        var token = (string)JsonNode.Parse(made.Body)!["SecretID"]!;
        (await SendAsync(agent, "PUT", Exact + "&token=root", """{"Action":"deny"}""")).Should().Be((200, "true"));
        const string Entry = """{"Kind":"service-intentions","Name":"DB","Sources":[{"Name":"web","Action":"allow"}]}""";
        var upper = Exact.Replace("=db", "=DB", StringComparison.Ordinal) + "&token=" + token;
        (await SendAsync(agent, "PUT", upper, """{"Action":"allow"}""")).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "DELETE", upper, null)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "PUT", "/v1/config?token=" + token, Entry)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "GET", "/v1/config/service-intentions/DB?token=" + token, null)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "DELETE", "/v1/config/service-intentions/DB?token=" + token, null)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "POST", "/v1/connect/intentions?token=" + token, """{"SourceName":"a","DestinationName":"DB","Action":"allow"}"""))
            .Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "DELETE", Exact + "&token=root", null)).Should().Be((200, "true"));
        (await SendAsync(agent, "PUT", "/v1/config?token=" + token, Entry)).Should().Be((200, "true"), "nothing else is stored");
    }

    [Fact] // DEF-6: a read by ID can be used to block
    public async Task A_read_by_ID_has_an_index_and_blocks()
    {
        await using var agent = await AgentProcess.StartAsync();
        var path = "/v1/connect/intentions/" + (string)JsonNode.Parse((await SendAsync(agent, "POST", "/v1/connect/intentions", Intention())).Body)!["ID"]!;
        using var first = await agent.Http.GetAsync(new Uri(path, UriKind.Relative));
        var index = first.Headers.GetValues("X-Consul-Index").Single();
        var parked = agent.Http.GetAsync(new Uri($"{path}?index={index}&wait=60s", UriKind.Relative));
        (await SendAsync(agent, "PUT", path, Intention("\"Description\":\"new\","))).Status.Should().Be(200);
        using var second = await parked;
        (await second.Content.ReadAsStringAsync()).Should().Contain("\"Description\":\"new\"");
        second.StatusCode.Should().Be(HttpStatusCode.OK);
    }

    private static string Intention(string more = "") => "{" + more + "\"SourceName\":\"web\",\"DestinationName\":\"db\",\"Action\":\"allow\"}";

    private static async Task<(int Status, string Body)> SendAsync(AgentProcess agent, string method, string path, string? body)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Content = body is null ? null : new StringContent(body);
        using var answer = await agent.Http.SendAsync(request);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
