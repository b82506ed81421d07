using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Services that are registered with an agent over kills of it, on the published daemon (issue 14).</summary>
public sealed class LocalServicesDurabilityTests
{
    private const int Writers = 8;
    private static readonly int Kills = Soak.Of(10, 300);

    [Fact] // ten kills or, with SOAK=1, three hundred, at random moments: what was acknowledged is there with its sidecar and its checks
    public async Task Kills_lose_no_acknowledged_registration()
    {
        using var folder = new TemporaryFolder();
        var config = new JsonObject { ["data_dir"] = folder.Path };
        var random = new Random(11);
        var (acknowledged, tried) = (new int[Writers], new int[Writers]);
        for (var round = 0; round < Kills; round++)
        {
            await using var agent = await AgentProcess.StartAsync(config);
            var services = await GetAsync(agent, "/v1/agent/services");
            var checks = await GetAsync(agent, "/v1/agent/checks");
            for (var i = 0; i < Writers && round > 0; i++)
            {
                var port = (int?)services[$"w{i}"]?["Port"] ?? 0;
                port.Should().BeInRange(acknowledged[i], tried[i], "round {0}, service w{1}", round, i);
                acknowledged[i] = port;
                services.ContainsKey($"w{i}-sidecar-proxy").Should().Be(port > 0, "a service and its sidecar are there together");
                checks.ContainsKey($"service:w{i}").Should().Be(port > 0);
            }

            var enough = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            var left = random.Next(1, 60);
            var writers = Enumerable.Range(0, Writers).Select(i => WriteAsync(agent, i)).ToList();
            await enough.Task.WaitAsync(TimeSpan.FromSeconds(60));
            await agent.Process.SignalAsync("KILL");
            await Task.WhenAll(writers);

            async Task WriteAsync(AgentProcess process, int i)
            {
                try
                {
                    while (true)
                    {
                        var port = ++tried[i];
                        using var body = new StringContent(
                            $$$"""{"Name":"w{{{i}}}","Port":{{{port}}},"Check":{"TTL":"1h"},"Connect":{"SidecarService":{} } }""", Encoding.UTF8, "application/json");
                        using var answer = await process.Http.PutAsync(new Uri("/v1/agent/service/register", UriKind.Relative), body);
                        answer.StatusCode.Should().Be(HttpStatusCode.OK);
                        acknowledged[i] = port;
                        if (Interlocked.Decrement(ref left) == 0)
                        {
                            enough.SetResult();
                        }
                    }
                }
                catch (HttpRequestException)
                {
                    // The kill.
                }
            }
        }

        acknowledged.Sum().Should().BeGreaterThan(Kills);
    }

    private static async Task<JsonObject> GetAsync(AgentProcess agent, string path) =>
        JsonNode.Parse(await agent.Http.GetStringAsync(new Uri(path, UriKind.Relative)))!.AsObject();
}
