using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.Protocol.Intentions;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http.Authorize;

/// <summary>One certificate, one request: one decision, however it is spelled (intentions AUTHZ-1, L7-4 to L7-6, DEF-8, DEF-12).</summary>
public sealed class AuthorizeSpellingTests
{
    private const string Connection = "/v1/agent/connect/authorize";
    private const string Request = "/v1/agent/connect/authorize/http";
    private const string Revoked = "Certificate revoked";
    private const string Unreadable = "ClientCertSerial cannot be read as a serial number, and there are revoked certificates";

    public static TheoryData<string> SpellingsThatAreRead() =>
    [
        "0a:0b:0c", "0A:0B:0C", "0a0b0c", "a0b0c", "A0B0C", " 0a:0b:0c", "0a:0b:0c ", "\t0a:0b:0c\n", "0x0a0b0c", "0X0A0B0C", "0xa0b0c", "0x0a:0b:0c",
        "0a-0b-0c", "0a 0b 0c", "a:b:c", "a-b-c", "00:0a:0b:0c", "000a0b0c",
        "00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:0a:0b:0c", "00000000000000000000000000000000000000000000000a0b0c",
    ];

    public static TheoryData<string> SpellingsThatAreNot() =>
    [
        "0a:0b:0c:", ":0a:0b:0c", "0a::0b:0c", "+0a0b0c", "-0a0b0c", "0a:0b:0c\0", "0a0b0c\0", "0a:0b0c", "0a,0b,0c", "0a;0b;0c", "0a.0b.0c", "0a_0b_0c", "\"0a0b0c\"",
        "658188 (0xa0b0c)", "0x", "x", " ", "none", "0a0b0ch", "\u200b0a0b0c", "\uff10a0b0c", "010203040506070809101112131415161718192021",
    ];

    [Theory]
    [MemberData(nameof(SpellingsThatAreRead))]
    public async Task FA_3_A_revoked_serial_is_found_in_every_spelling(string spelling)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await agent.ManageAsync("/v1/connect/ca/revoke", new JsonObject { ["SerialNumber"] = "0a:0b:0c" });
        (await ReasonAsync(agent, spelling)).Should().Be(Revoked);
    }

    [Theory]
    [MemberData(nameof(SpellingsThatAreNot))]
    public async Task FA_3_A_serial_that_cannot_be_read_is_refused_while_one_is_revoked(string spelling)
    {
        await using var agent = await InProcessAgent.StartAsync();
        await agent.ManageAsync("/v1/connect/ca/revoke", new JsonObject { ["SerialNumber"] = "0a:0b:0c" });
        (await ReasonAsync(agent, spelling)).Should().Be(Unreadable);
        (await ReasonAsync(agent, "0a:0b:0d")).Should().StartWith("ACLs disabled");
        (await ReasonAsync(agent, string.Empty)).Should().StartWith("ACLs disabled", "who gives none, as upstream's proxies may, asks about the identity alone");
    }

    [Fact] // AUTHZ-1
    public async Task FA_3_While_nothing_is_revoked_a_serial_may_hold_anything()
    {
        await using var agent = await InProcessAgent.StartAsync();
        foreach (var spelling in SpellingsThatAreNot().Cast<object[]>().Select(row => (string)row[0]))
        {
            (await ReasonAsync(agent, spelling)).Should().StartWith("ACLs disabled", spelling);
        }
    }

    [Theory]
    [MemberData(nameof(SpellingsThatAreRead))]
    public async Task FA_3_A_serial_is_revoked_and_taken_back_in_every_spelling_that_authorize_reads(string spelling)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var entry = await agent.ManageAsync("/v1/connect/ca/revoke", new JsonObject { ["SerialNumber"] = spelling });
        ((string)entry["SerialNumber"]!).Should().Be("0a:0b:0c", "certificates CERT-53");
        var (status, _, _) = await agent.SendAsync("DELETE", "/v1/connect/ca/revoke?serial=" + Uri.EscapeDataString(spelling));
        status.Should().Be(200);
    }

    [Theory]
    [InlineData("good,evil", false)]
    [InlineData("evil,good", false)]
    [InlineData("good, evil", false)]
    [InlineData("good ,\tevil ,", false)]
    [InlineData("evil ", false)]
    [InlineData(" evil", false)]
    [InlineData("\tevil", false)]
    [InlineData("evil\u00a0", false)]
    [InlineData("evil", false)]
    [InlineData("good", true)]
    [InlineData("good,fine", true)]
    [InlineData("evildoer", true)]
    [InlineData("EVIL", true)]
    public async Task FA_4_A_deny_permission_looks_at_each_part_of_a_header(string value, bool allowed)
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await agent.StoreAsync(Permissions("""
            [{"Action":"deny","HTTP":{"Header":[{"Name":"X-Evil","Exact":"evil"}]}},{"Action":"allow","HTTP":{"PathPrefix":"/"}}]
            """));
        foreach (var headers in new JsonNode[] { new JsonObject { ["X-Evil"] = value }, new JsonObject { ["x-evil"] = new JsonArray("fine", value) } })
        {
            (await AllowsAsync(agent, headers: headers)).Should().Be(allowed, headers.ToJsonString());
        }
    }

    [Theory]
    [InlineData("/admin;x", false)]
    [InlineData("/admin%3bx", false)]
    [InlineData("/admin%3Bx", false)]
    [InlineData("/secret;a/x", false)]
    [InlineData("/;a/admin", false)]
    [InlineData("/public;v=1", false)]
    [InlineData("/admin", false)]
    [InlineData("/public", true)]
    [InlineData("/public?a;b", true)]
    public async Task FA_5_A_path_with_parameters_is_ambiguous_while_a_path_is_denied(string path, bool allowed)
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await agent.StoreAsync(Permissions("""
            [{"Action":"deny","HTTP":{"PathExact":"/admin"}},{"Action":"deny","HTTP":{"PathPrefix":"/secret/"}},{"Action":"allow","HTTP":{"PathPrefix":"/"}}]
            """));
        (await AllowsAsync(agent, path)).Should().Be(allowed);
    }

    [Fact]
    public async Task FA_5_Path_parameters_can_be_kept()
    {
        await using var agent = await InProcessAgent.StartAsync("deny", values => values.Set(ConnectKeys.AuthorizePathParameters, "keep"));
        await agent.StoreAsync(Permissions("""
            [{"Action":"deny","HTTP":{"PathExact":"/admin"}},{"Action":"allow","HTTP":{"PathPrefix":"/"}}]
            """));
        (await AllowsAsync(agent, "/admin;x")).Should().BeTrue();
        (await AllowsAsync(agent, "/admin")).Should().BeFalse();
        var start = () => InProcessAgent.StartAsync(configure: values => values.Set(ConnectKeys.AuthorizePathParameters, "Keep"));
        await start.Should().ThrowAsync<ConfigurationException>()
            .WithMessage("connect.authorize_path_parameters must be \"ambiguous\" or \"keep\", was: \"Keep\"");
    }

    [Fact]
    public async Task FA_5_An_ambiguous_path_is_explained()
    {
        await using var agent = await InProcessAgent.StartAsync("deny");
        await agent.StoreAsync(Permissions("""[{"Action":"deny","HTTP":{"PathExact":"/admin"}},{"Action":"allow","HTTP":{"PathPrefix":"/"}}]"""));
        var explained = await agent.DecideAsync(Request + "?explain", new JsonObject
        {
            ["Target"] = "api",
            ["ClientCertURI"] = InProcessAgent.UriOf("web"),
            ["Method"] = "GET",
            ["Path"] = "/admin;x",
        });
        ((string)explained["DecidedBy"]!, explained["Path"]).Should().Be(("path", null));
    }

    [Theory]
    [InlineData("DEL ETE", "{}", "Method not a valid HTTP method")]
    [InlineData(" DELETE", "{}", "Method not a valid HTTP method")]
    [InlineData("DELETE\n", "{}", "Method not a valid HTTP method")]
    [InlineData("GET", """{"X-Evil ":"evil"}""", "Request decode failed: no header may have the name \"X-Evil \"")]
    [InlineData("GET", """{" X-Evil":["evil"]}""", "Request decode failed: no header may have the name \" X-Evil\"")]
    [InlineData("GET", """{"X-Evil:":"evil"}""", "Request decode failed: no header may have the name \"X-Evil:\"")]
    [InlineData("GET", """{"":"evil"}""", "Request decode failed: no header may have the name \"\"")]
    [InlineData("GET", """{"X-\u017f":"evil"}""", "Request decode failed: no header may have the name \"X-\u017f\"")]
    [InlineData("GET", """{"X-Good":"a\r\nX-Evil: evil"}""", "Request decode failed: a control character in the header X-Good")]
    [InlineData("GET", """{"X-Good":["a","evil\u0000"]}""", "Request decode failed: a control character in the header X-Good")]
    public async Task FA_4_What_no_request_can_hold_is_no_question(string method, string headers, string text)
    {
        await using var agent = await InProcessAgent.StartAsync();
        var body = new JsonObject
        {
            ["Target"] = "api",
            ["ClientCertURI"] = InProcessAgent.UriOf("web"),
            ["Method"] = method,
            ["Path"] = "/",
            ["Headers"] = JsonNode.Parse(headers),
        };
        var answer = await agent.PostAsync(Request, body.ToJsonString());
        (answer.Status, answer.Text).Should().Be((400, "Bad request: " + text));
    }

    private static Intention Permissions(string json) => new()
    {
        SourceName = "web",
        DestinationName = "api",
        Permissions = System.Text.Json.JsonSerializer.Deserialize<List<IntentionPermission>>(json),
    };


    private static async Task<string> ReasonAsync(InProcessAgent agent, string serial)
    {
        var body = new JsonObject { ["Target"] = "db", ["ClientCertURI"] = InProcessAgent.UriOf("web"), ["ClientCertSerial"] = serial };
        await agent.DecideAsync(Connection, body);
        return (string)(await agent.DecideAsync(Connection, body))["Reason"]!;
    }

    private static async Task<bool> AllowsAsync(InProcessAgent agent, string path = "/", string method = "GET", JsonNode? headers = null) =>
        (bool)(await agent.DecideAsync(Request, new JsonObject
        {
            ["Target"] = "api",
            ["ClientCertURI"] = InProcessAgent.UriOf("web"),
            ["Method"] = method,
            ["Path"] = path,
            ["Headers"] = headers?.DeepClone() ?? new JsonObject(),
        }))["Authorized"]!;
}
