using System.Text.Json.Nodes;
using ConnectAgent.Configuration;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.State;
using ConnectAgent.Testing;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Http;

/// <summary>
/// What the first revision wrote opens in every later one and answers the same, at the moment when it was written: leaves and revocations past their
/// end go, and roots stay as long as ca CA-55 says, so with today's date the comparison would be of less and less.
/// </summary>
public sealed class FirstRevisionTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact] // twice: what the first start has made of it must answer the same as well
    public async Task The_data_directory_answers_the_same_again_and_again()
    {
        FirstRevision.CopyData(_folder.Path);
        for (var start = 0; start < 2; start++)
        {
            await using var agent = await StartAsync();
            await AnswersTheSameAsync(agent);

            // From the sealed file: the very key and certificate.
            FirstRevision.Same(await GetAsync(agent, "/v1/agent/connect/ca/leaf/web", FirstRevision.Web), FirstRevision.Expected("leaf-web"));
        }
    }

    [Fact]
    public async Task The_snapshot_restores_into_a_fresh_agent_and_answers_the_same()
    {
        await using (var agent = await StartAsync())
        {
            var restored = await agent.ExchangeAsync(
                HttpMethod.Put, "/v1/snapshot", await File.ReadAllBytesAsync(FirstRevision.SnapshotFile), ("X-Consul-Token", FirstRevision.Management));
            restored.Should().StartWith("200");
            await AnswersTheSameAsync(agent);
        }

        await using var again = await StartAsync();
        await AnswersTheSameAsync(again);
    }

    private static async Task AnswersTheSameAsync(InProcessAgent agent)
    {
        (string Path, JsonNode Answer)[] passing =
            [("/v1/connect/ca/revoked", FirstRevision.Expected("revoked")), ("/v1/connect/ca/roots", FirstRevision.Expected("roots"))];
        foreach (var (path, answer) in FirstRevision.LastingAnswers().Concat(passing))
        {
            FirstRevision.Same(await GetAsync(agent, path, FirstRevision.Management), answer);
        }
    }

    private static async Task<JsonNode> GetAsync(InProcessAgent agent, string path, string token)
    {
        var (status, text, _) = await agent.SendAsync("GET", path, token: token);
        status.Should().Be(200, text);
        return JsonNode.Parse(text)!;
    }

    private Task<InProcessAgent> StartAsync() => InProcessAgent.StartAsync(
        folder: _folder.Path,
        configure: values =>
        {
            var (port, data) = (values.Of(PortKeys.KeyOf("http")), values.Of(NodeKeys.DataDirectory));
            ConfigFile.Merge(FirstRevision.ConfigurationFile, File.ReadAllBytes(FirstRevision.ConfigurationFile), values);
            values.Set(PortKeys.KeyOf("http"), port).Set(NodeKeys.DataDirectory, data);
        },
        clock: new ManualTimeProvider(FirstRevision.Moment));
}
