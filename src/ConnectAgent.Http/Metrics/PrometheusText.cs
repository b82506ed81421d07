using System.Globalization;
using System.Text;

namespace ConnectAgent.Http.Metrics;

/// <summary>Prometheus text exposition, version 0.0.4: our instruments under our names with dots as underscores.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Of(IReadOnlyList<Reading> readings, IReadOnlyList<HistogramReading> histograms)
    {
        var text = new StringBuilder();
        foreach (var histogram in histograms)
        {
            AddHistogram(text, histogram);
        }

        foreach (var metric in readings.GroupBy(reading => reading.Name, StringComparer.Ordinal))
        {
            var name = NameOf(metric.Key) + (metric.First().IsGauge ? string.Empty : "_total");
            text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {metric.First().Help}\n");
            text.Append(CultureInfo.InvariantCulture, $"# TYPE {name} {(metric.First().IsGauge ? "gauge" : "counter")}\n");
            foreach (var reading in metric)
            {
                var labels = string.Join(',', reading.Labels.Select(label => $"{label.Key}=\"{Escape(label.Value)}\""));
                text.Append(name).Append(labels.Length == 0 ? string.Empty : "{" + labels + "}")
                    .Append(' ').Append(reading.Value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');
            }
        }

        return text.ToString();
    }

    private static void AddHistogram(StringBuilder text, HistogramReading histogram)
    {
        var name = NameOf(histogram.Name) + "_seconds";
        text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {histogram.Help}\n# TYPE {name} histogram\n");
        foreach (var (bound, count) in histogram.Buckets)
        {
            var le = double.IsPositiveInfinity(bound) ? "+Inf" : bound.ToString("R", CultureInfo.InvariantCulture);
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{le=\"{le}\"}} {count}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"{name}_sum {histogram.Sum:R}\n{name}_count {histogram.Count}\n");
    }

    private static string NameOf(string instrument) => instrument.Replace('.', '_');

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
