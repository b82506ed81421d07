using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// What the first revision wrote (tests/fixtures/first-revision: data directory, sealed cache, tokens, snapshot) opens in every later one and
/// answers the same, but for what time changes: leaves and revocations past their end go, and roots stay as long as ca CA-55 says.
/// </summary>
public sealed class FirstRevisionTests
{
    private const string Management = "22222222-0000-0000-0000-000000000001";
    private const string Web = "22222222-0000-0000-0000-000000000002";
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static readonly string Fixture = Path.Combine(Repository.Root, "tests", "fixtures", "first-revision");

    // When it was written; 2 × LeafCertTTL later the former root goes (CA-55), and the cross-signed block with the end of its certificate.
    private static readonly DateTimeOffset FormerRootEnds = new(2026, 12, 6, 9, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset RevocationEnds = new(2026, 12, 3, 9, 0, 0, TimeSpan.Zero);

    // From 60 % of its life on a leaf may be replaced (leaf-certificates).
    private static readonly DateTimeOffset LeafMayChange = new(2026, 12, 2, 4, 0, 0, TimeSpan.Zero);

    [Fact] // twice: what the first start has made of it must open as well
    public async Task The_data_directory_opens_again_and_again_and_answers_the_same()
    {
        using var folder = new TemporaryFolder();
        var data = CopyOfData(folder);
        var secrets = SecretsOf(data);
        for (var start = 0; start < 2; start++)
        {
            await using (var agent = await StartAsync(data))
            {
                await AnswersTheSameAsync(agent);
                await ServesTheSealedLeafAsync(agent);
                await agent.Process.SignalAsync("TERM");
                await agent.Process.ExitAsync(TimeSpan.FromSeconds(30));
            }

            KeepsSecrets(data, secrets);
        }
    }

    [Fact]
    public async Task The_snapshot_restores_into_a_fresh_agent_and_answers_the_same()
    {
        using var folder = new TemporaryFolder();
        var data = Path.Combine(folder.Path, "data");
        await using (var agent = await StartAsync(data))
        {
            using var restored = await SendAsync(
                agent, HttpMethod.Put, "/v1/snapshot", Management, new ByteArrayContent(await File.ReadAllBytesAsync(Path.Combine(Fixture, "backup.snap"))));
            (await restored.Content.ReadAsStringAsync()).Should().BeEmpty();
            restored.StatusCode.Should().Be(HttpStatusCode.OK);
            await AnswersTheSameAsync(agent);
            var leaf = await GetAsync(agent, "/v1/agent/connect/ca/leaf/web", Web);
            ((string)leaf["ServiceURI"]!).Should().Be((string)Expected("leaf-web")["ServiceURI"]!);
            await agent.Process.SignalAsync("TERM");
            await agent.Process.ExitAsync(TimeSpan.FromSeconds(30));
        }

        // And what it was restored into is a state like any other.
        await using var again = await StartAsync(data);
        await AnswersTheSameAsync(again);
    }

    [Fact] // FA-26: archives with the former member names stay restorable, through the command line as well
    public async Task FA_26_The_command_line_reads_a_snapshot_with_the_former_member_names()
    {
        var (code, shown, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["snapshot", "inspect", Path.Combine(Fixture, "backup.snap")]);
        (code, errors).Should().Be((0, string.Empty));
        shown.Should().Contain("connect-agent-state/1").And.MatchRegex("Index +16").And.MatchRegex("acl-tokens +4 ");
    }

    private static Task<AgentProcess> StartAsync(string data)
    {
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture, "config.json")))!.AsObject();
        config.Remove("ports");
        config["data_dir"] = data;
        return AgentProcess.StartAsync(config);
    }

    private static async Task AnswersTheSameAsync(AgentProcess agent)
    {
        Same(await GetAsync(agent, "/v1/connect/intentions", Management), Expected("intentions"));
        Same(await GetAsync(agent, "/v1/acl/tokens", Management), Expected("tokens"));
        foreach (var kind in Expected("config").AsArray().GroupBy(entry => (string)entry!["Kind"]!))
        {
            Same(await GetAsync(agent, "/v1/config/" + kind.Key, Management), new JsonArray([.. kind.Select(entry => entry!.DeepClone())]));
        }

        var now = DateTimeOffset.UtcNow;
        if (now < RevocationEnds)
        {
            Same(await GetAsync(agent, "/v1/connect/ca/revoked", Management), Expected("revoked"));
        }

        var roots = await GetAsync(agent, "/v1/connect/ca/roots", Management);
        if (now < FormerRootEnds)
        {
            Same(roots, Expected("roots"));
        }

        ((string)roots["ActiveRootID"]!).Should().Be((string)Expected("roots")["ActiveRootID"]!);
        ((string)roots["TrustDomain"]!).Should().Be((string)Expected("roots")["TrustDomain"]!);
    }

    // From the sealed file: the very key and certificate.
    private static async Task ServesTheSealedLeafAsync(AgentProcess agent)
    {
        var leaf = await GetAsync(agent, "/v1/agent/connect/ca/leaf/web", Web);
        if (DateTimeOffset.UtcNow < LeafMayChange)
        {
            Same(leaf, Expected("leaf-web"));
        }

        ((string)leaf["ServiceURI"]!).Should().Be((string)Expected("leaf-web")["ServiceURI"]!);
    }

    private static string CopyOfData(TemporaryFolder folder)
    {
        var data = Directory.CreateDirectory(Path.Combine(folder.Path, "data"), OwnerOnly | UnixFileMode.UserExecute).FullName;
        foreach (var file in Directory.GetFiles(Path.Combine(Fixture, "data")))
        {
            var copy = Path.Combine(data, Path.GetFileName(file));
            File.Copy(file, copy);
            File.SetUnixFileMode(copy, OwnerOnly);
        }

        return data;
    }

    private static (string KeyOfLeaf, byte[] Tokens, byte[] CacheKey) SecretsOf(string data) => (
        ((string)Expected("leaf-web")["PrivateKeyPEM"]!).Split('\n')[1],
        File.ReadAllBytes(Path.Combine(data, "acl-tokens.json")),
        File.ReadAllBytes(Path.Combine(data, "agent-cache.key")));

    // The leaf's key is in the sealed file only, tokens are in the state and in their own file, and all is the owner's.
    private static void KeepsSecrets(string data, (string KeyOfLeaf, byte[] Tokens, byte[] CacheKey) secrets)
    {
        File.ReadAllBytes(Path.Combine(data, "acl-tokens.json")).Should().Equal(secrets.Tokens);
        File.ReadAllBytes(Path.Combine(data, "agent-cache.key")).Should().Equal(secrets.CacheKey);
        foreach (var file in Directory.GetFiles(data, "*", SearchOption.AllDirectories))
        {
            var text = Encoding.Latin1.GetString(File.ReadAllBytes(file));
            text.Should().NotContain(secrets.KeyOfLeaf, "{0} must not have the leaf's key in the clear", file);
            if (Path.GetFileName(file) is not ("acl-tokens.json" or "state.db" or "state.db-wal"))
            {
                text.Should().NotContain(Web, "{0} must not have a token in the clear", file).And.NotContain(Management);
            }

            if (Path.GetFileName(file) != "node-id")
            {
                File.GetUnixFileMode(file).Should().Be(OwnerOnly, file);
            }
        }
    }

    private static JsonNode Expected(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Fixture, $"expect-{name}.json")))!;

    private static void Same(JsonNode found, JsonNode expected) =>
        JsonNode.DeepEquals(found, expected).Should().BeTrue("{0} should be {1}", found.ToJsonString(), expected.ToJsonString());

    private static async Task<JsonNode> GetAsync(AgentProcess agent, string path, string token)
    {
        using var answer = await SendAsync(agent, HttpMethod.Get, path, token);
        var text = await answer.Content.ReadAsStringAsync();
        answer.StatusCode.Should().Be(HttpStatusCode.OK, text);
        return JsonNode.Parse(text)!;
    }

    private static Task<HttpResponseMessage> SendAsync(AgentProcess agent, HttpMethod method, string path, string token, HttpContent? body = null) =>
        agent.Http.SendAsync(new HttpRequestMessage(method, new Uri(path, UriKind.Relative)) { Content = body, Headers = { { "X-Consul-Token", token } } });
}
