namespace ConnectAgent.Agent.Checks.Scheduling;

/// <summary>What falls due at a time, and knows its place among the others, so that it can be moved and taken out.</summary>
internal abstract class DueItem
{
    /// <summary>A timestamp of the clock.</summary>
    internal long DueAt { get; set; }

    /// <summary>In the queue; −1 when it is not in it.</summary>
    internal int Place { get; set; } = -1;

    /// <summary>Its time has come. Called by the timer for one item after the other: it starts what takes time, does not wait for it, and never throws.</summary>
    public abstract void Due();
}
