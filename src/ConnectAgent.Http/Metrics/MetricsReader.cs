using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;

namespace ConnectAgent.Http.Metrics;

/// <summary>One value at one moment.</summary>
/// <param name="Name">The instrument's name.</param>
/// <param name="Labels">Sorted by name.</param>
internal sealed record Reading(string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, bool IsGauge, string Help)
{
    /// <summary>Tells readings of different labels apart.</summary>
    public string Series => Name + "|" + string.Join(',', Labels.Select(label => $"{label.Key}={label.Value}"));
}

/// <summary>Reads all instruments of the product, and keeps the last complete ten seconds (services AG-27).</summary>
internal sealed class MetricsReader : IDisposable
{
    /// <summary>The length of an interval.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(10);

    private const string OurMeters = "ConnectAgent";
    private readonly Lock _gate = new();
    private readonly MeterListener _listener = new();
    private readonly ITimer _timer;
    private readonly TimeProvider _clock;
    private readonly ConcurrentQueue<HistogramBuckets> _histograms = new();
    private List<Reading> _collected = [];
    private IReadOnlyList<Reading> _before = [];
    private IntervalReadings _last;
    private TaskCompletionSource<IntervalReadings?> _next = NewSignal();
    private bool _isOver;

    /// <summary>Starts to listen.</summary>
    /// <param name="clock">Ends the intervals.</param>
    /// <param name="meters">What makes the meters of this agent: of another one in the same process nothing is read.</param>
    public MetricsReader(TimeProvider clock, IMeterFactory meters)
    {
        _clock = clock;
        _last = new IntervalReadings(clock.GetUtcNow(), []);
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!ReferenceEquals(instrument.Meter.Scope, meters) || !instrument.Meter.Name.StartsWith(OurMeters, StringComparison.Ordinal))
            {
                return;
            }

            if (instrument.IsObservable)
            {
                listener.EnableMeasurementEvents(instrument);
            }
            else if (instrument is Histogram<double> histogram)
            {
                var buckets = new HistogramBuckets(histogram);
                _histograms.Enqueue(buckets);
                listener.EnableMeasurementEvents(instrument, buckets);
            }
        };
        _listener.SetMeasurementEventCallback<long>((instrument, value, labels, _) => Collect(instrument, value, labels));
        _listener.SetMeasurementEventCallback<double>((instrument, value, labels, state) =>
        {
            if (state is HistogramBuckets buckets)
            {
                buckets.Record(value);
            }
            else
            {
                Collect(instrument, value, labels);
            }
        });
        _listener.Start();
        _timer = clock.CreateTimer(_ => Roll(), null, Interval, Interval);
    }

    /// <summary>What the counters counted in the last complete interval.</summary>
    public IntervalReadings Last => Volatile.Read(ref _last);

    /// <summary>Waits for the end of the interval that is under way.</summary>
    /// <returns>What was counted in it; null when the agent ends.</returns>
    public Task<IntervalReadings?> NextAsync(CancellationToken cancellationToken) => Volatile.Read(ref _next).Task.WaitAsync(cancellationToken);

    /// <summary>The agent ends, and so does all waiting.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isOver = true;
            _next.TrySetResult(null);
        }
    }

    /// <summary>All instruments now; counters since the start of the process.</summary>
    public IReadOnlyList<Reading> Read()
    {
        lock (_gate)
        {
            _collected = [];
            _listener.RecordObservableInstruments();
            return [.. _collected.OrderBy(reading => reading.Name, StringComparer.Ordinal).ThenBy(reading => reading.Series, StringComparer.Ordinal)];
        }
    }

    /// <summary>All histograms now, since the start of the process.</summary>
    public IReadOnlyList<HistogramReading> ReadHistograms() =>
        [.. _histograms.Select(static buckets => buckets.Read()).OrderBy(static reading => reading.Name, StringComparer.Ordinal)];

    public void Dispose()
    {
        _timer.Dispose();
        _listener.Dispose();
    }

    private void Collect(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> labels)
    {
        List<KeyValuePair<string, string>> sorted = [];
        foreach (var (name, label) in labels)
        {
            sorted.Add(new(name, Convert.ToString(label, CultureInfo.InvariantCulture) ?? string.Empty));
        }

        sorted.Sort(static (a, b) => string.CompareOrdinal(a.Key, b.Key));
        _collected.Add(new Reading(instrument.Name, sorted, value, instrument is ObservableGauge<long> or ObservableGauge<double>, instrument.Description ?? string.Empty));
    }

    private void Roll()
    {
        var now = Read();
        var before = _before.ToDictionary(reading => reading.Series, reading => reading.Value, StringComparer.Ordinal);
        var counted = now.Where(reading => !reading.IsGauge)
            .Select(reading => reading with { Value = reading.Value - before.GetValueOrDefault(reading.Series) })
            .Where(reading => reading.Value > 0).ToList();
        _before = now;
        var interval = new IntervalReadings(_clock.GetUtcNow(), counted);
        Volatile.Write(ref _last, interval);
        TaskCompletionSource<IntervalReadings?> waiting;
        lock (_gate)
        {
            if (_isOver)
            {
                return;
            }

            (waiting, _next) = (_next, NewSignal());
        }

        waiting.TrySetResult(interval);
    }

    private static TaskCompletionSource<IntervalReadings?> NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>What one interval counted.</summary>
internal sealed record IntervalReadings(DateTimeOffset End, IReadOnlyList<Reading> Counters);
