namespace ConnectAgent.Protocol.Timing;

public static class TimeProviderExtensions
{
    /// <summary>Waits by this clock; not at all when there is nothing to wait for.</summary>
    public static Task PauseAsync(this TimeProvider clock, TimeSpan pause, CancellationToken cancellationToken) =>
        pause > TimeSpan.Zero ? Task.Delay(pause, clock, cancellationToken) : Task.CompletedTask;
}
