using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// What the <c>consul intention</c> and <c>consul config</c> commands send (intentions ICLI-1), request by request, and that the answers hold what
/// they print (ICLI-2 to ICLI-5).
/// </summary>
public sealed class IntentionCommandTests : IAsyncLifetime
{
    private const string Missing = "11111111-1111-1111-1111-111111111111";
    private AgentProcess _agent = null!;

    public async Task InitializeAsync() => _agent = await AgentProcess.StartAsync();

    public async Task DisposeAsync() => await _agent.DisposeAsync();

    [Fact] // create, create -deny -meta, a duplicate
    public async Task Create()
    {
        var (status, body) = await SendAsync("POST", "/v1/connect/intentions", Created("web", "db", "allow"));
        status.Should().Be(HttpStatusCode.OK, body);
        ((string?)JsonNode.Parse(body)!["ID"]).Should().MatchRegex("^[0-9a-f-]{36}$");
        (status, _) = await SendAsync("POST", "/v1/connect/intentions", Created("api", "db", "deny", ns: "default", more: "\"Meta\":{\"a\":\"1\"},"));
        status.Should().Be(HttpStatusCode.OK);
        (await SendAsync("POST", "/v1/connect/intentions", Created("web", "db", "allow")))
            .Should().Be((HttpStatusCode.InternalServerError, "Sources[2] defines \"web\" more than once"));
    }

    [Fact] // create -file: the type is empty when the file has none
    public async Task Create_from_a_file() =>
        (await SendAsync("POST", "/v1/connect/intentions", Created("web", "db", "allow", type: ""))).Status.Should().Be(HttpStatusCode.OK);

    [Fact] // create -replace: looks it up by its names, then writes it by its ID; ICLI-4 on a converted one
    public async Task Create_with_replace()
    {
        (await SendAsync("GET", "/v1/connect/intentions/exact?destination=db&source=web")).Should().Be((HttpStatusCode.NotFound, "Intention not found"));
        await SendAsync("POST", "/v1/connect/intentions", Created("web", "db", "allow"));
        var id = (string)JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/exact?destination=db&source=web")).Body)!["ID"]!;
        (await SendAsync("PUT", "/v1/connect/intentions/" + id, Created("web", "db", "deny"))).Status.Should().Be(HttpStatusCode.OK);
        ((string)JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/" + id)).Body)!["Action"]!).Should().Be("deny");

        await SendAsync("PUT", "/v1/connect/intentions/exact?destination=db&source=web", "{\"Action\":\"allow\"}");
        JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/exact?destination=db&source=web")).Body)!.AsObject().Should().NotContainKey("ID");
        (await SendAsync("PUT", "/v1/connect/intentions/", Created("web", "db", "deny"))).Should().Be(
            (HttpStatusCode.InternalServerError, "Intention lookup failed: failed config entry lookup: index error: UUID must be 36 characters"));
    }

    [Fact] // get, by names and by ID; ICLI-3: only 404 is "not found"
    public async Task Get()
    {
        var id = await CreateAsync("web", "db");
        var shown = JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/" + id)).Body)!.AsObject();
        shown.Select(pair => pair.Key).Should().Equal(
            "CreatedAt", "UpdatedAt", "ID", "SourceNS", "SourceName", "DestinationNS", "DestinationName", "SourceType", "Action", "Precedence", "Hash",
            "CreateIndex", "ModifyIndex");
        (await SendAsync("GET", "/v1/connect/intentions/exact?destination=db&source=web")).Body.Should().Be(shown.ToJsonString().Replace("\\u002B", "+", StringComparison.Ordinal));
        (await SendAsync("GET", "/v1/connect/intentions/exact?destination=no&source=no")).Should().Be((HttpStatusCode.NotFound, "Intention not found"));
        (await SendAsync("GET", "/v1/connect/intentions/" + Missing)).Status.Should().Be(HttpStatusCode.NotFound);
        (await SendAsync("GET", "/v1/connect/intentions/hello")).Should().Be(
            (HttpStatusCode.BadRequest, "Bad request: failed config entry lookup: index error: UUID must be 36 characters"));
    }

    [Fact] // delete, by names and by ID; ICLI-5
    public async Task Delete()
    {
        var id = await CreateAsync("web", "db");
        (await SendAsync("DELETE", "/v1/connect/intentions/" + id)).Should().Be((HttpStatusCode.OK, "true"));
        (await SendAsync("DELETE", "/v1/connect/intentions/" + id)).Should().Be(
            (HttpStatusCode.InternalServerError, $"Cannot delete non-existent intention: '{id}'"));
        await CreateAsync("web", "db");
        (await SendAsync("DELETE", "/v1/connect/intentions/exact?destination=db&source=web")).Should().Be((HttpStatusCode.OK, "true"));
        await SendAsync("POST", "/v1/connect/intentions", Created("api", "db", "deny", more: "\"Meta\":{\"a\":\"1\"},"));
        await CreateAsync("web", "db");
        (await SendAsync("DELETE", "/v1/connect/intentions/exact?destination=db&source=web")).Should().Be(
            (HttpStatusCode.InternalServerError, "Sources[0].LegacyMeta must be omitted"));
    }

    [Fact] // match, check, list
    public async Task Match_check_and_list()
    {
        (await SendAsync("GET", "/v1/connect/intentions")).Body.Should().Be("[]");
        (await SendAsync("GET", "/v1/connect/intentions/match?by=destination&name=db")).Body.Should().Be("{\"db\":null}");
        await CreateAsync("web", "db");
        JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/match?by=destination&name=db")).Body)!["db"]!.AsArray().Should().ContainSingle();
        JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions/match?by=source&name=web")).Body)!["web"]!.AsArray().Should().ContainSingle();
        (await SendAsync("GET", "/v1/connect/intentions/check?dc=dc1&destination=db&source=web&source-type=consul")).Body.Should().Be("{\"Allowed\":true}");
        JsonNode.Parse((await SendAsync("GET", "/v1/connect/intentions")).Body)!.AsArray().Should().ContainSingle();
    }

    [Fact] // config write, read, list, delete
    public async Task Config_commands()
    {
        (await SendAsync(
            "PUT",
            "/v1/config",
            """
            {"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"allow","Precedence":0,"Type":""}],"CreateIndex":0,"ModifyIndex":0}
            """)).Should().Be((HttpStatusCode.OK, "true"));
        var entry = (await SendAsync("GET", "/v1/config/service-intentions/db")).Body;
        JsonNode.Parse(entry)!["Sources"]![0]!.ToJsonString().Should().Be("""{"Name":"web","Action":"allow","Precedence":9,"Type":"consul"}""");
        (await SendAsync("GET", "/v1/config/service-intentions")).Body.Should().Be($"[{entry}]");
        (await SendAsync("PUT", "/v1/config?cas=1", """{"Kind":"service-intentions","Name":"db","Sources":[{"Name":"web","Action":"deny"}]}"""))
            .Should().Be((HttpStatusCode.OK, "false"));
        (await SendAsync("DELETE", "/v1/config/service-intentions/db")).Should().Be((HttpStatusCode.OK, "{}"));
        (await SendAsync("GET", "/v1/config/service-intentions/db")).Should().Be(
            (HttpStatusCode.NotFound, "Config entry not found for \"service-intentions\" / \"db\""));
    }

    private static string Created(string source, string destination, string action, string ns = "", string type = "consul", string more = "") =>
        $$"""
        {"SourceNS":"{{ns}}","SourceName":"{{source}}","DestinationNS":"{{ns}}","DestinationName":"{{destination}}","SourceType":"{{type}}","Action":"{{action}}",{{more}}"Precedence":0,"CreatedAt":"0001-01-01T00:00:00Z","UpdatedAt":"0001-01-01T00:00:00Z","CreateIndex":0,"ModifyIndex":0}
        """;

    private async Task<string> CreateAsync(string source, string destination) =>
        (string)JsonNode.Parse((await SendAsync("POST", "/v1/connect/intentions", Created(source, destination, "allow"))).Body)!["ID"]!;

    private async Task<(HttpStatusCode Status, string Body)> SendAsync(string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), new Uri(path, UriKind.Relative));
        request.Headers.TryAddWithoutValidation("User-Agent", "Go-http-client/1.1");
        request.Headers.TryAddWithoutValidation("X-Consul-Token", "any");
        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        using var answer = await _agent.Http.SendAsync(request);
        return (answer.StatusCode, await answer.Content.ReadAsStringAsync());
    }
}
