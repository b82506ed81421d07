using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>intentions DEF-12 on the published daemon.</summary>
public sealed class RevocationTests(SharedAgent shared) : IClassFixture<SharedAgent>
{
    private const string Domain = "11111111-2222-3333-4444-555555555555.consul";
    private const string Web = $"spiffe://{Domain}/ns/default/dc/dc1/svc/web";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task A_revoked_certificate_is_refused_until_the_revocation_is_taken_back()
    {
        // Given an agent whose copy of the list is parked at the servers
        await using var agent = await AgentProcess.StartAsync();
        var serial = (string)(await GetAsync(agent, "/v1/agent/connect/ca/leaf/web"))["SerialNumber"]!;
        (await AuthorizeAsync(agent, serial)).Should().Be((true, "ACLs disabled, access is allowed by default"));

        // When
        var entry = await RevokeAsync(agent, $$"""{"SerialNumber":"{{serial.Replace(":", string.Empty, StringComparison.Ordinal)}}"}""");

        // Then
        ((string)entry["SerialNumber"]!, (string)entry["Datacenter"]!, entry["SpiffeID"]).Should().Be((serial, "dc1", null));
        (DateTimeOffset.Parse((string)entry["ExpiresAt"]!) - DateTimeOffset.Parse((string)entry["RevokedAt"]!)).Should().Be(TimeSpan.FromHours(72));
        await DecidedAsync(agent, serial, (false, "Certificate revoked"));
        (await AuthorizeAsync(agent, serial.ToUpperInvariant())).Authorized.Should().BeFalse();
        (await AuthorizeAsync(agent, "7f:ff")).Authorized.Should().BeTrue("another certificate of the same identity goes on");
        (await AuthorizeAsync(agent, string.Empty)).Authorized.Should().BeTrue("who tells no serial cannot be refused by one");

        // When
        using var back = await agent.Http.DeleteAsync(Path("/v1/connect/ca/revoke?serial=" + serial));

        // Then
        (await back.Content.ReadAsStringAsync()).Should().Be("true");
        await DecidedAsync(agent, serial, (true, "ACLs disabled, access is allowed by default"));
    }

    [Fact]
    public async Task A_revoked_identity_goes_on_with_its_next_certificate()
    {
        // Given
        await using var agent = await AgentProcess.StartAsync();
        var stolen = (string)(await GetAsync(agent, "/v1/agent/connect/ca/leaf/web"))["SerialNumber"]!;
        (await AuthorizeAsync(agent, stolen)).Authorized.Should().BeTrue();

        // When
        var entry = await RevokeAsync(agent, $$"""{"SpiffeID":"{{Web}}"}""");
        using var renewed = await agent.Http.PutAsync(Path("/v1/agent/connect/ca/leaf/web/renew"), null);
        var next = (string)JsonNode.Parse(await renewed.Content.ReadAsStringAsync())!["SerialNumber"]!;

        // Then
        ((string)entry["SpiffeID"]!, entry["SerialNumber"], entry["SerialsBefore"] is not null).Should().Be((Web, null, true));
        await DecidedAsync(agent, stolen, (false, "Certificate revoked"));
        (await AuthorizeAsync(agent, next)).Authorized.Should().BeTrue();
        (await AuthorizeAsync(agent, string.Empty)).Authorized.Should().BeFalse("without a serial nobody knows which certificate it is");
        (await AuthorizeAsync(agent, stolen, Web.Replace("/web", "/api", StringComparison.Ordinal))).Authorized.Should().BeTrue();
    }

    [Fact]
    public async Task The_list_blocks_and_wakes_with_the_revocation()
    {
        await using var agent = await AgentProcess.StartAsync();
        using var empty = await agent.Http.GetAsync(Path("/v1/connect/ca/revoked"));
        (await empty.Content.ReadAsStringAsync()).Should().Be("""{"Revoked":[]}""");
        var index = empty.Headers.GetValues("X-Consul-Index").Single();
        var held = agent.Http.GetAsync(Path($"/v1/connect/ca/revoked?index={index}&wait=60s"));
        var entry = await RevokeAsync(agent, """{"SerialNumber":"01:2C","ValidBefore":"2999-01-01T00:00:00Z"}""", HttpStatusCode.BadRequest);
        ((string)entry!).Should().Be("Bad request: ValidBefore is more than 366 days from now");
        held.IsCompleted.Should().BeFalse();
        entry = await RevokeAsync(agent, """{"SerialNumber":"01:2C"}""");
        using var woken = await held.WaitAsync(Patience);
        JsonNode.DeepEquals(JsonNode.Parse(await woken.Content.ReadAsStringAsync()), new JsonObject { ["Revoked"] = new JsonArray(entry) })
            .Should().BeTrue();
        woken.Headers.GetValues("X-Consul-Index").Should().Equal(((ulong)entry["ModifyIndex"]!).ToString(System.Globalization.CultureInfo.InvariantCulture));
    }

    [Theory]
    [InlineData("[]", "Request decode failed: json: cannot unmarshal array into Go value of type structs.ConnectRevokeRequest")]
    [InlineData("", "Request decode failed: EOF")]
    [InlineData("""{"Serial":"08"}""", "Request decode failed: json: unknown field \"Serial\"")]
    [InlineData("{}", "Exactly one of SerialNumber and SpiffeID must be specified")]
    [InlineData($$"""{"SerialNumber":"08","SpiffeID":"{{Web}}"}""", "Exactly one of SerialNumber and SpiffeID must be specified")]
    [InlineData("""{"SerialNumber":"08","IssuedBefore":"2026-01-01T00:00:00Z"}""", "ValidBefore and Datacenter go with SerialNumber, IssuedBefore goes with SpiffeID")]
    [InlineData("""{"SerialNumber":"xyz"}""", "SerialNumber not a valid certificate serial number")]
    [InlineData("""{"SerialNumber":"08","Datacenter":"a/b"}""", "Datacenter not a valid datacenter name")]
    [InlineData("""{"SerialNumber":"08","ValidBefore":"tomorrow"}""", "ValidBefore not a valid RFC 3339 time")]
    [InlineData("""{"SerialNumber":"08","ValidBefore":"2001-01-01T00:00:00Z"}""", "ValidBefore has passed: the certificate has ended by itself")]
    [InlineData("""{"SpiffeID":"spiffe://x"}""", "SpiffeID not a valid Service identifier")]
    [InlineData("""{"SpiffeID":"spiffe://x.consul/ns/foo/dc/dc1/svc/web"}""", "SpiffeID not a valid Service identifier")]
    [InlineData("""{"SpiffeID":"spiffe://x.consul/ns/default/dc/dc1/svc/web"}""", $"SPIFFE ID from a different trust domain: x.consul, we are {Domain}")]
    [InlineData($$"""{"SpiffeID":"spiffe://{{Domain}}/ns/default/dc/dc2/svc/web"}""", "SPIFFE ID from a different datacenter: dc2, we are dc1")]
    [InlineData($$"""{"SpiffeID":"{{Web}}","IssuedBefore":"2999-01-01T00:00:00Z"}""", "IssuedBefore lies in the future")]
    public async Task A_bad_revocation_is_refused_with_a_clear_text(string body, string text)
    {
        var agent = shared.Agent;
        ((string)(await RevokeAsync(agent, body, HttpStatusCode.BadRequest))!).Should().Be("Bad request: " + text);
        (await GetAsync(agent, "/v1/connect/ca/revoked"))["Revoked"]!.AsArray().Should().BeEmpty();
    }

    [Theory]
    [InlineData("", 400, "Bad request: Exactly one of the query parameters 'serial' and 'spiffe_id' must be set")]
    [InlineData("?serial=zz", 400, "Bad request: SerialNumber not a valid certificate serial number")]
    [InlineData("?serial=08", 404, "Revocation not found")]
    [InlineData("?spiffe_id=" + Web, 404, "Revocation not found")]
    [InlineData("?serial=08&dc=dc2", 500, "No path to datacenter")]
    public async Task A_revocation_that_is_not_there_cannot_be_taken_back(string query, int status, string text)
    {
        using var answer = await shared.Agent.Http.DeleteAsync(Path("/v1/connect/ca/revoke" + query));
        ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync()).Should().Be((status, text));
    }

    [Fact] // the list is public like the roots; to change it is an operator's right
    public async Task Only_an_operator_revokes_and_everybody_reads()
    {
        await using var agent = await AgentProcess.StartAsync(new JsonObject
        {
            ["acl"] = new JsonObject { ["enabled"] = true, ["default_policy"] = "deny", ["tokens"] = new JsonObject { ["master"] = "root" } },
        });
        ((string)(await RevokeAsync(agent, """{"SerialNumber":"08"}""", HttpStatusCode.Forbidden))!).Should().Be("Permission denied");
        ((string)(await RevokeAsync(agent, """{"SerialNumber":"08"}""", HttpStatusCode.Forbidden, "nobody"))!).Should().Be("ACL not found");
        using var denied = await agent.Http.DeleteAsync(Path("/v1/connect/ca/revoke?serial=08"));
        denied.StatusCode.Should().Be(HttpStatusCode.Forbidden);
        await RevokeAsync(agent, """{"SerialNumber":"08"}""", token: "root");
        (await GetAsync(agent, "/v1/connect/ca/revoked"))["Revoked"]!.AsArray().Should().ContainSingle();

        // AUTHZ-10: after the check of service:write, so that nobody learns it here who may not ask
        using var body = Json($$"""{"Target":"db","ClientCertURI":"{{Web}}","ClientCertSerial":"08"}""");
        using var asked = await agent.Http.PostAsync(Path("/v1/agent/connect/authorize"), body);
        ((int)asked.StatusCode, await asked.Content.ReadAsStringAsync()).Should().Be((403, "Permission denied"));
        using var again = Json($$"""{"Target":"db","ClientCertURI":"{{Web}}","ClientCertSerial":"08"}""");
        using var refused = await agent.Http.PostAsync(Path("/v1/agent/connect/authorize?token=root"), again);
        (await refused.Content.ReadAsStringAsync()).Should().Be("""{"Authorized":false,"Reason":"Certificate revoked"}""");
        refused.Headers.Contains("X-Cache").Should().BeFalse("no intention was looked at");
    }

    [Fact]
    public async Task Revocations_outlive_a_kill_and_the_restore_of_an_older_snapshot()
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path };
        byte[] older;
        await using (var before = await AgentProcess.StartAsync(config))
        {
            older = await before.Http.GetByteArrayAsync(Path("/v1/snapshot"));
            await RevokeAsync(before, """{"SerialNumber":"08"}""");
            await before.Process.SignalAsync("KILL");
            await before.Process.ExitAsync(Patience);
        }

        await using var after = await AgentProcess.StartAsync(config);
        (await AuthorizeAsync(after, "08")).Should().Be((false, "Certificate revoked"));
        using var restored = await after.Http.PutAsync(Path("/v1/snapshot"), new ByteArrayContent(older));
        restored.StatusCode.Should().Be(HttpStatusCode.OK);
        (await GetAsync(after, "/v1/connect/ca/revoked"))["Revoked"]!.AsArray().Should().ContainSingle();
        (await AuthorizeAsync(after, "08")).Authorized.Should().BeFalse();
    }

    private static Uri Path(string path) => new(path, UriKind.Relative);

    private static StringContent Json(string text) => new(text, Encoding.UTF8, "application/json");

    private static async Task<JsonNode> GetAsync(AgentProcess agent, string path) =>
        JsonNode.Parse(await agent.Http.GetStringAsync(Path(path)))!;

    private static async Task<JsonNode> RevokeAsync(
        AgentProcess agent, string body, HttpStatusCode status = HttpStatusCode.OK, string token = "")
    {
        using var content = Json(body);
        using var answer = await agent.Http.PutAsync(Path("/v1/connect/ca/revoke" + (token.Length > 0 ? "?token=" + token : token)), content);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(status, text);
        return status == HttpStatusCode.OK ? JsonNode.Parse(text)! : JsonValue.Create(text);
    }

    private static async Task<(bool Authorized, string Reason)> AuthorizeAsync(AgentProcess agent, string serial, string uri = Web)
    {
        using var body = Json(new JsonObject { ["Target"] = "db", ["ClientCertURI"] = uri, ["ClientCertSerial"] = serial }.ToJsonString());
        using var answer = await agent.Http.PostAsync(Path("/v1/agent/connect/authorize"), body);
        var decision = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        return ((bool)decision["Authorized"]!, (string)decision["Reason"]!);
    }

    // The agent's own view tells when its copy of the list has changed: the event to wait for.
    private static async Task DecidedAsync(AgentProcess agent, string serial, (bool Authorized, string Reason) expected)
    {
        using var limit = new CancellationTokenSource(Patience);
        var index = "0";
        while (await AuthorizeAsync(agent, serial) != expected)
        {
            using var changed = await agent.Http.GetAsync(Path($"/v1/agent/connect/cache?index={index}&wait=20s"), limit.Token);
            index = changed.Headers.GetValues("X-Consul-Index").Single();
        }
    }
}
