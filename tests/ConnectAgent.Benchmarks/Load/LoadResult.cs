namespace ConnectAgent.Benchmarks.Load;

/// <summary>What one round measured; times in microseconds.</summary>
internal readonly record struct LoadResult(double PerSecond, double P50, double P90, double P99, double P999, long Errors)
{
    /// <summary>Each figure's own median over the rounds; errors are added up.</summary>
    public static LoadResult MedianOf(IReadOnlyList<LoadResult> rounds) => new(
        Median(rounds.Select(round => round.PerSecond)),
        Median(rounds.Select(round => round.P50)),
        Median(rounds.Select(round => round.P90)),
        Median(rounds.Select(round => round.P99)),
        Median(rounds.Select(round => round.P999)),
        rounds.Sum(round => round.Errors));

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted.Length % 2 == 1 ? sorted[sorted.Length / 2] : (sorted[(sorted.Length / 2) - 1] + sorted[sorted.Length / 2]) / 2;
    }
}
