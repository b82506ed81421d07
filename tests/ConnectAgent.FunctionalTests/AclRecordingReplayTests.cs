using Xunit;

namespace ConnectAgent.FunctionalTests;

/// <summary>Real exchanges with the reference about ACLs, replayed against the published daemon.</summary>
public sealed class AclRecordingReplayTests
{
    [Theory]
    [InlineData("acl-denied")]
    [InlineData("acl-denied-agent")]
    [InlineData("acl-denied-catalog")]
    [InlineData("acl-denied-config")]
    [InlineData("acl-revocation")]
    [InlineData("acl-agent-token")]
    [InlineData("acl-disabled")]
    [InlineData("acl-bootstrap")]
    [InlineData("acl-roles")]
    [InlineData("acl-policies")]
    [InlineData("acl-tokens")]
    [InlineData("acl-login")]
    public Task A_recording_replays(string name) => RecordingReplay.RunAsync(name);
}
