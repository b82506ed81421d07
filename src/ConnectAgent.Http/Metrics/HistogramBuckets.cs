using System.Diagnostics.Metrics;

namespace ConnectAgent.Http.Metrics;

/// <summary>What one histogram has recorded, in buckets: recording takes no lock and makes nothing.</summary>
internal sealed class HistogramBuckets
{
    private readonly double[] _bounds;
    private readonly long[] _counts;
    private long _sumTicks;

    public HistogramBuckets(Histogram<double> histogram)
    {
        Name = histogram.Name;
        Help = histogram.Description ?? string.Empty;
        _bounds = [.. histogram.Advice?.HistogramBucketBoundaries ?? []];
        _counts = new long[_bounds.Length + 1];
    }

    public string Name { get; }

    public string Help { get; }

    /// <summary>Counts one value.</summary>
    /// <param name="seconds">Not negative.</param>
    public void Record(double seconds)
    {
        var bucket = 0;
        while (bucket < _bounds.Length && seconds > _bounds[bucket])
        {
            bucket++;
        }

        Interlocked.Increment(ref _counts[bucket]);
        Interlocked.Add(ref _sumTicks, (long)(seconds * TimeSpan.TicksPerSecond));
    }

    /// <summary>Everything recorded since the start of the process.</summary>
    public HistogramReading Read()
    {
        var cumulative = new (double Bound, long Count)[_counts.Length];
        long count = 0;
        for (var bucket = 0; bucket < _counts.Length; bucket++)
        {
            count += Volatile.Read(ref _counts[bucket]);
            cumulative[bucket] = (bucket < _bounds.Length ? _bounds[bucket] : double.PositiveInfinity, count);
        }

        return new HistogramReading(Name, Help, cumulative, (double)Volatile.Read(ref _sumTicks) / TimeSpan.TicksPerSecond);
    }
}

/// <summary>One histogram at one moment.</summary>
/// <param name="Buckets">How many values were at most the bound, in seconds; the last bound is infinite, and its count is that of all.</param>
/// <param name="Sum">Of all values, in seconds.</param>
internal sealed record HistogramReading(string Name, string Help, IReadOnlyList<(double Bound, long Count)> Buckets, double Sum)
{
    public long Count => Buckets[^1].Count;
}
