using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>
/// The same exchanges with an agent whose servers hold the control plane: the back end is the only difference (design.md).
/// </summary>
public sealed class ClientRecordingReplayTests
{
    [Theory]
    [InlineData("agent-cache")]
    [InlineData("leaf")]
    [InlineData("leaf-acl")]
    [InlineData("authorize")]
    [InlineData("acl-denied")]
    public async Task A_recording_replays_through_an_agent_of_servers(string name)
    {
        // Given
        var recording = Recording.Load(name);
        var waiting = WaitingSteps.Of(name, [.. recording.Steps.Select(step => step.Id)]);
        await using var server = await AgentProcess.StartAsync(recording.Config);
        var config = recording.Config;
        config["connect"]?.AsObject().Remove("ca_config");
        if (config["acl"] is JsonObject acl)
        {
            // What is known of a token is not reused (ACL-RES-2): the recordings were made where the state lives.
            (acl["tokens"] as JsonObject)?.Remove("master");
            acl["token_ttl"] = "0s";
        }

        await using var agent = await AgentProcess.StartClientAsync([server.Address], config);

        // When
        var differences = await new RecordingRunner(agent, recording, Deviations.Of(name, waiting)).PlayAsync(waiting);

        // Then
        differences.Select(pair => $"{pair.Key}: {pair.Value}").Should().BeEmpty();
    }
}
