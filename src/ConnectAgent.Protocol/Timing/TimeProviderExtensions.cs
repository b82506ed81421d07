namespace ConnectAgent.Protocol.Timing;

public static class TimeProviderExtensions
{
    /// <summary>Waits by this clock; not at all when there is nothing to wait for.</summary>
    public static Task PauseAsync(this TimeProvider clock, TimeSpan pause, CancellationToken cancellationToken) =>
        pause > TimeSpan.Zero ? Task.Delay(pause, clock, cancellationToken) : Task.CompletedTask;

    /// <summary>A length in timestamps of this clock.</summary>
    public static long TicksOf(this TimeProvider clock, TimeSpan length) => (long)(length.TotalSeconds * clock.TimestampFrequency);
}
