using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.State;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// What the first revision wrote opens in every later one and answers the same, as the published program with today's date. What changes with time is
/// compared at the moment of its writing, by the tests of the same name in ConnectAgent.Tests.
/// </summary>
public sealed class FirstRevisionTests
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    [Fact] // twice: what the first start has made of it must open as well
    public async Task The_data_directory_opens_again_and_again_and_answers_the_same()
    {
        using var folder = new TemporaryFolder();
        var data = FirstRevision.CopyData(folder.Path);
        var secrets = SecretsOf(data);
        for (var start = 0; start < 2; start++)
        {
            await using (var agent = await StartAsync(data))
            {
                await AnswersTheSameAsync(agent);
                await ServesTheLeafAsync(agent);
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
                agent, HttpMethod.Put, "/v1/snapshot", FirstRevision.Management, new ByteArrayContent(await File.ReadAllBytesAsync(FirstRevision.SnapshotFile)));
            (await restored.Content.ReadAsStringAsync()).Should().BeEmpty();
            restored.StatusCode.Should().Be(HttpStatusCode.OK);
            await AnswersTheSameAsync(agent);
            await ServesTheLeafAsync(agent);
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
        var (code, shown, errors) = await RunningProcess.RunAsync(Repository.PublishedAgent, ["snapshot", "inspect", FirstRevision.SnapshotFile]);
        (code, errors).Should().Be((0, string.Empty));
        shown.Should().Contain("connect-agent-state/1").And.MatchRegex("Index +16").And.MatchRegex("acl-tokens +4 ");
    }

    private static Task<AgentProcess> StartAsync(string data)
    {
        var config = JsonNode.Parse(File.ReadAllText(FirstRevision.ConfigurationFile))!.AsObject();
        config.Remove("ports");
        config["data_dir"] = data;
        return AgentProcess.StartAsync(config);
    }

    private static async Task AnswersTheSameAsync(AgentProcess agent)
    {
        foreach (var (path, answer) in FirstRevision.LastingAnswers())
        {
            FirstRevision.Same(await GetAsync(agent, path, FirstRevision.Management), answer);
        }

        var (roots, expected) = (await GetAsync(agent, "/v1/connect/ca/roots", FirstRevision.Management), FirstRevision.Expected("roots"));
        ((string)roots["ActiveRootID"]!).Should().Be((string)expected["ActiveRootID"]!);
        ((string)roots["TrustDomain"]!).Should().Be((string)expected["TrustDomain"]!);
    }

    private static async Task ServesTheLeafAsync(AgentProcess agent)
    {
        var leaf = await GetAsync(agent, "/v1/agent/connect/ca/leaf/web", FirstRevision.Web);
        ((string)leaf["ServiceURI"]!).Should().Be((string)FirstRevision.Expected("leaf-web")["ServiceURI"]!);
    }

    private static (string KeyOfLeaf, byte[] Tokens, byte[] CacheKey) SecretsOf(string data) => (
        ((string)FirstRevision.Expected("leaf-web")["PrivateKeyPEM"]!).Split('\n')[1],
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
                text.Should().NotContain(FirstRevision.Web, "{0} must not have a token in the clear", file).And.NotContain(FirstRevision.Management);
            }

            if (Path.GetFileName(file) != "node-id")
            {
                File.GetUnixFileMode(file).Should().Be(OwnerOnly, file);
            }
        }
    }

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
