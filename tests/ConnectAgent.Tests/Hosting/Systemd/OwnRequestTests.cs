using ConnectAgent.Configuration;
using ConnectAgent.Hosting.Systemd;
using ConnectAgent.Tests.Http;
using FluentAssertions;
using Microsoft.Extensions.DependencyInjection;
using Xunit;

namespace ConnectAgent.Tests.Hosting.Systemd;

/// <summary>An agent answers its own request whatever it listens on, and whatever it refuses others.</summary>
public sealed class OwnRequestTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_agent_that_denies_everything_answers(bool isUnix)
    {
        var folder = Directory.CreateTempSubdirectory("connect-agent-");
        await using var agent = await InProcessAgent.StartAsync("deny", values =>
        {
            values.Set(AclKeys.DefaultToken, null).Merge(HttpKeys.BlockEndpoints, new List<string> { "/v1/agent/self" });
            if (isUnix)
            {
                values.Set(HttpKeys.HttpAddress, $"unix://{folder.FullName}/agent.sock 127.0.0.1");
            }
        });
        (await IsAnsweredAsync(agent)).Should().BeTrue();
        folder.Delete(recursive: true);
        (await IsAnsweredAsync(agent)).Should().Be(!isUnix, "whoever asks there finds nobody");
    }

    private static Task<bool> IsAnsweredAsync(InProcessAgent agent) =>
        agent.Services.GetRequiredService<OwnRequest>().IsAnsweredAsync(TimeSpan.FromMinutes(1), CancellationToken.None);
}
