namespace ConnectAgent.Testing;

/// <summary>
/// The clock of a program in the mesh: the time is the mesh's, so that it judges certificates as the agent does; timers are the system's. With the mesh's timers a client would give up on
/// answers that are on their way when the test moves the clock, and then pause until it is moved again.
/// </summary>
internal sealed class MemberClock(ManualTimeProvider mesh) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => mesh.GetUtcNow();
}
