using System.Globalization;
using System.Text;

namespace ConnectAgent.Telemetry;

/// <summary>Prometheus text exposition, version 0.0.4: our instruments under our names with dots as underscores.</summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    public static string Of(IReadOnlyList<Reading> readings)
    {
        var text = new StringBuilder();
        foreach (var metric in readings.GroupBy(reading => reading.Name, StringComparer.Ordinal))
        {
            var name = metric.Key.Replace('.', '_') + (metric.First().IsGauge ? string.Empty : "_total");
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

    private static string Escape(string value) => value.Replace("\\", "\\\\", StringComparison.Ordinal)
        .Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
