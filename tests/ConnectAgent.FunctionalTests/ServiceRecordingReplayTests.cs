using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Real exchanges with the reference about services and discovery, replayed against the published daemon.</summary>
public sealed class ServiceRecordingReplayTests
{
    [Theory]
    [InlineData("status")]
    [InlineData("config-entries")]
    [InlineData("discovery-chain")]
    [InlineData("prepared-query")]
    [InlineData("blocking")]
    [InlineData("catalog")]
    [InlineData("agent-cache-services")]
    [InlineData("health-connect")]
    [InlineData("agent-checks")]
    [InlineData("agent-services")]
    [InlineData("agent-service-ports")]
    [InlineData("agent-service-blocking")]
    public Task A_recording_replays(string name) => RecordingReplay.RunAsync(name);
}
