using System.Collections.Concurrent;
using System.Globalization;

namespace ConnectAgent.FunctionalTests.Rolling;

/// <summary>How long things took, by name.</summary>
internal sealed class RollingFigures
{
    private readonly ConcurrentDictionary<string, ConcurrentQueue<double>> _taken = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, int> _failed = new(StringComparer.Ordinal);

    /// <summary>How often something failed.</summary>
    public int Failed(string what) => _failed.GetValueOrDefault(what);

    public void Add(string what, (double Milliseconds, string? Error) one)
    {
        _taken.GetOrAdd(what, static _ => new ConcurrentQueue<double>()).Enqueue(one.Milliseconds);
        _failed.AddOrUpdate(what, one.Error is null ? 0 : 1, (_, count) => count + (one.Error is null ? 0 : 1));
    }

    /// <summary>One line for each name, in the order of the names.</summary>
    public IEnumerable<string> Lines() =>
        _taken.OrderBy(static pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}: {Of(pair.Value)}, {Failed(pair.Key)} failed");

    public static string Of(IEnumerable<double> milliseconds)
    {
        double[] sorted = [.. milliseconds.Order()];
        return sorted.Length == 0 ? "none" : string.Create(
            CultureInfo.InvariantCulture, $"{sorted.Length} times, p50 {At(0.5):0.00} ms, p99 {At(0.99):0.00} ms, longest {sorted[^1]:0.0} ms");

        double At(double share) => sorted[Math.Min(sorted.Length - 1, (int)(sorted.Length * share))];
    }
}
