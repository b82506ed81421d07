using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Real exchanges with the reference about certificates, intentions and the wire, replayed against the published daemon.</summary>
public sealed class RecordingReplayTests
{
    [Theory]
    [InlineData("ca-roots")]
    [InlineData("ca-config")]
    [InlineData("ca-rotation")]
    [InlineData("leaf")]
    [InlineData("intentions-crud")]
    [InlineData("intentions-exact")]
    [InlineData("intentions-config-entry")]
    [InlineData("intentions-match-check")]
    [InlineData("intentions-acl")]
    [InlineData("authorize")]
    [InlineData("http-conventions")]
    [InlineData("agent-cache")]
    [InlineData("leaf-acl")]
    public Task A_recording_replays(string name) => RecordingReplay.RunAsync(name);
}
