using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Tokens;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Auth methods, login and logout on the published daemon (acl sections 5.5 and 5.6).</summary>
public sealed class AclLoginTests : IDisposable
{
    private const string Management = "22222222-0000-0000-0000-000000000001";

    private readonly RSA _issuer = RSA.Create(2048);

    public void Dispose() => _issuer.Dispose();

    [Fact]
    public async Task A_login_opens_what_its_rule_binds_until_it_logs_out()
    {
        await using var agent = await StartAsync();
        await SetUpAsync(agent);

        var (token, accessor) = await LoginAsync(agent);
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/web", token)).Status.Should().Be(200);
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/db", token)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "GET", "/v1/acl/auth-methods", token)).Should().Be((403, "Permission denied"));
        (await SendAsync(agent, "PUT", "/v1/acl/binding-rule", token, """{"AuthMethod":"ci","BindType":"role","BindName":"x"}""")).Should().Be((403, "Permission denied"));
        var listed = JsonNode.Parse((await SendAsync(agent, "GET", "/v1/acl/tokens?authmethod=ci", Management)).Body)!.AsArray();
        ((string)listed.Should().ContainSingle().Subject!["AccessorID"]!).Should().Be(accessor);
        JsonNode.Parse((await SendAsync(agent, "GET", "/v1/acl/tokens?authmethod=other", Management)).Body)!.AsArray().Should().BeEmpty();

        // When
        (await SendAsync(agent, "POST", "/v1/acl/logout", token)).Should().Be((200, "true"));

        // Then the very next request, also one that a cache could answer
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/web", token)).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "GET", "/v1/acl/token/self", token)).Should().Be((403, "ACL not found"));
    }

    [Fact] // ACL-AM-2, ACL-SEC-3: readers that wait are told
    public async Task A_method_that_goes_takes_its_tokens_along()
    {
        await using var agent = await StartAsync();
        await SetUpAsync(agent);
        var (token, _) = await LoginAsync(agent);
        var (other, _) = await LoginAsync(agent);
        using var self = await agent.Http.SendAsync(Request("GET", "/v1/acl/token/self", token));
        var waiting = SendAsync(agent, "GET", $"/v1/acl/token/self?wait=2m&index={self.Headers.GetValues("X-Consul-Index").Single()}", token);

        (await SendAsync(agent, "DELETE", "/v1/acl/auth-method/ci", Management)).Should().Be((200, "true"));

        (await waiting.WaitAsync(TimeSpan.FromSeconds(60))).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/web", other)).Should().Be((403, "ACL not found"));
        (await SendAsync(agent, "GET", "/v1/acl/binding-rules", Management)).Should().Be((200, "[]"));
        (await SendAsync(agent, "POST", "/v1/acl/login", null, Login(Bearer()))).Should().Be((403, "ACL not found: auth method \"ci\" not found"));
    }

    [Fact] // ACL-API-1, ACL-API-2, ACL-API-4, ACL-ERR-6 where no recording has it
    public async Task What_is_wrong_with_a_request()
    {
        await using var agent = await StartAsync();
        await SetUpAsync(agent);
        (string Method, string Path, string? Token, string? Body, int Status, string Text)[] cases =
        [
            ("POST", "/v1/acl/auth-method", Management, "{}", 405, "method POST not allowed"),
            ("GET", "/v1/acl/login", Management, null, 405, "method GET not allowed"),
            ("PUT", "/v1/acl/logout", Management, null, 405, "method PUT not allowed"),
            ("PUT", "/v1/acl/auth-method", null, "{", 403, "Permission denied"),
            ("GET", "/v1/acl/auth-method/ci", null, null, 403, "Permission denied"),
            ("GET", "/v1/acl/binding-rules", "nope", null, 403, "ACL not found"),
            ("PUT", "/v1/acl/auth-method", Management, "", 400, "Bad request: AuthMethod decoding failed: EOF"),
            ("PUT", "/v1/acl/auth-method", Management, """{"Nope":1}""", 400, "Bad request: AuthMethod decoding failed: json: unknown field \"Nope\""),
            ("PUT", "/v1/acl/binding-rule", Management, "{", 400, "Bad request: BindingRule decoding failed: unexpected EOF"),
            (
                "PUT", "/v1/acl/binding-rule", Management, """{"Namespace":"x"}""", 400,
                "Bad request: BindingRule decoding failed: json: unknown field \"Namespace\" - Namespaces are a Consul Enterprise feature"),
            ("POST", "/v1/acl/login", null, """{"AuthMethod":3}""", 400,
                "Bad request: Failed to decode request body: json: cannot unmarshal number into Go struct field ACLLoginParams.AuthMethod of type string"),
            ("PUT", "/v1/acl/auth-method?ns=x", Management, "{}", 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature"),
            ("POST", "/v1/acl/login?ns=x", null, "{}", 400, "Bad request: Invalid query parameter: \"ns\" - Namespaces are a Consul Enterprise feature"),
            ("PUT", "/v1/acl/auth-method?dc=dc9", Management, "{}", 500, "No path to datacenter"),
            ("GET", "/v1/acl/auth-methods?dc=dc9", Management, null, 500, "No path to datacenter"),
            ("DELETE", "/v1/acl/binding-rule/x?dc=dc9", Management, null, 500, "No path to datacenter"),
            ("POST", "/v1/acl/login?dc=dc9", null, "{}", 500, "No path to datacenter"),
            ("GET", "/v1/acl/auth-method/", Management, null, 400, "Bad request: Missing auth method name"),
            ("GET", "/v1/acl/binding-rule/", Management, null, 400, "Bad request: Missing binding rule ID"),
            ("GET", "/v1/acl/binding-rule/x", Management, null, 500, "failed acl binding rule lookup: index error: UUID must be 36 characters"),
            ("GET", "/v1/acl/auth-method/nope", Management, null, 404, ""),
            ("PUT", "/v1/acl/binding-rule", Management, """{"ID":"x"}""", 400, "Bad request: BindingRule ID in URL and payload do not match"),
            ("POST", "/v1/acl/login", "allow", """{"AuthMethod":"nope"}""", 403, "ACL not found: auth method \"nope\" not found"),
            ("POST", "/v1/acl/logout", "allow", null, 500, "Cannot resolve root ACL"),
            ("POST", "/v1/acl/logout", "anonymous", null, 403, "Permission denied"),
            ("POST", "/v1/acl/logout", "22222222-0000-0000-0000-000000000002", null, 403, "ACL not found"),
        ];
        foreach (var (method, path, token, body, status, text) in cases)
        {
            (await SendAsync(agent, method, path, token, body)).Should().Be((status, text), "{0} {1}", method, path);
        }
    }

    [Fact] // no token, whoever made it, in what the daemon says
    public async Task No_secret_reaches_the_log()
    {
        await using var agent = await StartAsync("trace");
        await SetUpAsync(agent);
        var bearer = Bearer("web");
        var (token, accessor) = await LoginAsync(agent, bearer);
        var forged = bearer[..^20] + new string('A', 20);
        (await SendAsync(agent, "POST", "/v1/acl/login", token, Login(forged))).Status.Should().Be(500);
        (await SendAsync(agent, "POST", "/v1/acl/login?token=" + token, null, Login(Bearer("no name")))).Status.Should().Be(500);
        (await SendAsync(agent, "POST", "/v1/acl/login", token, "{\"BearerToken\":\"" + bearer)).Status.Should().Be(400);
        (await SendAsync(agent, "POST", "/v1/acl/login", token, Login(bearer + "." + bearer))).Status.Should().Be(500);
        (await SendAsync(agent, "GET", "/v1/agent/connect/ca/leaf/web?token=" + token, null)).Status.Should().Be(200);
        (await SendAsync(agent, "POST", "/v1/acl/logout?token=" + token, null)).Status.Should().Be(200);

        // The last thing that is logged tells that all before it is there.
        await agent.Process.SeenAsync("Logged out: method=ci, accessor=" + accessor, TimeSpan.FromSeconds(60));
        var log = agent.Process.Output + agent.Process.Errors;
        log.Should().Contain("Logged in: method=ci, accessor=" + accessor);
        log.Should().NotContainAny(bearer.Split('.')).And.NotContainAny(token, forged, Management, "BEGIN PUBLIC KEY");
    }

    private static Task<AgentProcess> StartAsync(string level = "warn") => AgentProcess.StartAsync(new JsonObject
    {
        ["log_level"] = level,
        ["acl"] = new JsonObject
        {
            ["enabled"] = true,
            ["default_policy"] = "deny",
            ["tokens"] = new JsonObject
            {
                ["initial_management"] = Management,
                ["agent_recovery"] = "22222222-0000-0000-0000-000000000002",
            },
        },
    });

    private static HttpRequestMessage Request(string method, string path, string? token, string? body = null)
    {
        var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        if (token is not null)
        {
            request.Headers.Add("X-Consul-Token", token);
        }

        if (body is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(body));
        }

        return request;
    }

    private static async Task<(int Status, string Body)> SendAsync(AgentProcess agent, string method, string path, string? token, string? body = null)
    {
        using var request = Request(method, path, token, body);
        using var response = await agent.Http.SendAsync(request);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private static string Login(string bearer) => new JsonObject { ["AuthMethod"] = "ci", ["BearerToken"] = bearer }.ToJsonString();

    private string Bearer(string service = "web")
    {
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        return BearerTokens.Sign(_issuer, new JsonObject { ["iss"] = "ci", ["aud"] = "us", ["iat"] = now, ["exp"] = now + 600, ["svc"] = service });
    }

    private async Task SetUpAsync(AgentProcess agent)
    {
        var method = new JsonObject
        {
            ["Name"] = "ci",
            ["Type"] = "jwt",
            ["MaxTokenTTL"] = "10m",
            ["Config"] = new JsonObject
            {
                ["JWTValidationPubKeys"] = new JsonArray(_issuer.ExportSubjectPublicKeyInfoPem()),
                ["BoundIssuer"] = "ci",
                ["BoundAudiences"] = new JsonArray("us"),
                ["ClaimMappings"] = new JsonObject { ["svc"] = "service" },
            },
        };
        (await SendAsync(agent, "PUT", "/v1/acl/auth-method", Management, method.ToJsonString())).Status.Should().Be((int)HttpStatusCode.OK);
        (await SendAsync(
            agent, "PUT", "/v1/acl/binding-rule", Management, """{"AuthMethod":"ci","BindType":"service","BindName":"${value.service}"}""")).Status.Should().Be(200);
    }

    private async Task<(string Secret, string Accessor)> LoginAsync(AgentProcess agent, string? bearer = null)
    {
        var (status, body) = await SendAsync(agent, "POST", "/v1/acl/login", null, Login(bearer ?? Bearer()));
        status.Should().Be(200, body);
        var token = JsonNode.Parse(body)!;
        return ((string)token["SecretID"]!, (string)token["AccessorID"]!);
    }
}
