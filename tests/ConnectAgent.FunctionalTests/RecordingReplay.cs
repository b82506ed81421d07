using System.Text.Json.Nodes;
using ConnectAgent.TestKit.Processes;
using ConnectAgent.TestKit.Recordings;
using FluentAssertions;

namespace ConnectAgent.FunctionalTests;

/// <summary>Replays real exchanges with the reference against the published daemon.</summary>
internal static class RecordingReplay
{
    /// <summary>Replays one; what waits for later work (<see cref="WaitingSteps"/>) is left out.</summary>
    /// <param name="name">The recording's.</param>
    public static async Task RunAsync(string name)
    {
        // Given
        var recording = Recording.Load(name);
        var waiting = WaitingSteps.Of(name, [.. recording.Steps.Select(step => step.Id)]);

        // All that it ever logs: what it writes is searched for the secrets of the recording.
        var config = recording.Config;
        config["log_level"] = "trace";
        if (name == "ca-rotation")
        {
            // A leaf is renewed at a random moment of the 30 s after a rotation (LEAF-47): here not before the recording looks at the old one, and not long after.
            config["connect"] = new JsonObject { ["test_ca_leaf_root_change_spread"] = "8s" };
        }

        await using var agent = await AgentProcess.StartAsync(config);

        // When
        var differences = await new RecordingRunner(agent, recording, Deviations.Of(name, waiting)).PlayAsync(waiting);

        // Then
        differences.Select(pair => $"{pair.Key}: {pair.Value}").Should().BeEmpty();
        agent.Process.Errors.Should().BeEmpty();
    }
}
