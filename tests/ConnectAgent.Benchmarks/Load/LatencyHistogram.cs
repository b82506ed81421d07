namespace ConnectAgent.Benchmarks.Load;

/// <summary>Counts latencies in steps of a tenth of a microsecond up to 200 ms, without allocating; what is longer counts as that.</summary>
internal sealed class LatencyHistogram
{
    private const int Buckets = 2_000_000;
    private readonly int[] _counts = new int[Buckets];

    public long Count { get; private set; }

    public void Add(TimeSpan latency)
    {
        _counts[Math.Min(Buckets - 1, latency.Ticks)]++;
        Count++;
    }

    public double Percentile(double percent)
    {
        var left = (long)Math.Ceiling(Count * percent / 100);
        for (var i = 0; i < Buckets; i++)
        {
            left -= _counts[i];
            if (left <= 0)
            {
                return i / 10.0;
            }
        }

        return Buckets / 10.0;
    }
}
