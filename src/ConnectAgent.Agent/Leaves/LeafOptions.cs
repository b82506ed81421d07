namespace ConnectAgent.Agent.Leaves;

/// <summary>What may be set about leaves.</summary>
internal sealed class LeafOptions
{
    /// <summary>A fixed delay in place of the draw after a rotation, for tests; null: drawn (leaf-certificates LEAF-47).</summary>
    public TimeSpan? RootChangeDelay { get; init; }

    /// <summary>Where in the spread a re-issue falls.</summary>
    public double SpreadDraw(Random random) => RootChangeDelay is { } delay ? delay / LeafRenewal.RootChangeSpread : random.NextDouble();
}
