namespace ConnectAgent.Protocol.Timing;

/// <summary>What is left to wait, as timers count it.</summary>
public static class WholeMilliseconds
{
    /// <summary>Rounds up. Timers round down, so that who waits for less than a millisecond would come round at once, again and again, until it is over.</summary>
    public static TimeSpan RoundUp(this TimeSpan left) => TimeSpan.FromMilliseconds(Math.Ceiling(left.TotalMilliseconds));
}
