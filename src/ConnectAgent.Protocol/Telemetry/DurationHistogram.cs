using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace ConnectAgent.Protocol.Telemetry;

/// <summary>How our histograms of durations look: seconds, from what memory answers to what a slow disk or a far server takes.</summary>
public static class DurationHistogram
{
    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    };

    /// <summary>Makes one.</summary>
    /// <param name="name">Ends in <c>.duration</c>.</param>
    /// <param name="description">One sentence.</param>
    public static Histogram<double> CreateDuration(this Meter meter, string name, string description) =>
        meter.CreateHistogram(name, "s", description, tags: null, Buckets);

    /// <summary>Records the time since <paramref name="start"/>; makes nothing.</summary>
    /// <param name="start">What <see cref="Stopwatch.GetTimestamp"/> gave.</param>
    public static void RecordSince(this Histogram<double> histogram, long start) => histogram.Record(Stopwatch.GetElapsedTime(start).TotalSeconds);
}
