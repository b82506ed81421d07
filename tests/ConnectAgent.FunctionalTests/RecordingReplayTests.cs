using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Real exchanges with the reference, replayed against the published daemon.</summary>
public sealed class RecordingReplayTests
{
    [Theory]
    [InlineData("ca-roots")]
    [InlineData("ca-config")]
    [InlineData("ca-rotation")]
    [InlineData("leaf")]
    [InlineData("status")]
    [InlineData("intentions-crud")]
    [InlineData("intentions-exact")]
    [InlineData("intentions-config-entry")]
    [InlineData("config-entries")]
    [InlineData("intentions-match-check")]
    [InlineData("intentions-acl")]
    [InlineData("authorize")]
    [InlineData("http-conventions")]
    [InlineData("agent-cache")]
    [InlineData("blocking")]
    [InlineData("agent-cache-services")]
    [InlineData("leaf-acl")]
    [InlineData("acl-denied")]
    [InlineData("acl-denied-config")]
    [InlineData("acl-revocation")]
    [InlineData("acl-agent-token")]
    [InlineData("acl-disabled")]
    [InlineData("acl-bootstrap")]
    [InlineData("acl-roles")]
    [InlineData("acl-policies")]
    [InlineData("acl-tokens")]
    [InlineData("acl-login")]
    public async Task A_recording_replays(string name)
    {
        // Given
        var recording = Recording.Load(name);
        var waiting = WaitingSteps.Of(name, [.. recording.Steps.Select(step => step.Id)]);

        // All that it ever logs: what it writes is searched for the secrets of the recording.
        var config = recording.Config;
        config["log_level"] = "trace";
        await using var agent = await AgentProcess.StartAsync(config);

        // When
        var differences = await new RecordingRunner(agent, recording, Deviations.Of(name, waiting)).PlayAsync(waiting);

        // Then
        differences.Select(pair => $"{pair.Key}: {pair.Value}").Should().BeEmpty();
        agent.Process.Errors.Should().BeEmpty();
    }
}
