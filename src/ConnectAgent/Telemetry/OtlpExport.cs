using System.Diagnostics.Metrics;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Telemetry;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace ConnectAgent.Telemetry;

/// <summary>Sends traces and metrics to a receiver of OTLP/HTTP, from the start of the agent to its end.</summary>
internal sealed class OtlpExport(OtlpOptions options) : IHostedService, IDisposable
{
    private const string Meters = "ConnectAgent.*";
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateEmpty().AddService("connect-agent", serviceVersion: ProductVersion.Own);
        _traces = Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(AgentTrace.SourceName)
            .AddOtlpExporter(exporter =>
            {
                Set(exporter, "/v1/traces");
                exporter.BatchExportProcessorOptions.MaxQueueSize = OtlpOptions.MostSpans;
            })
            .Build();
        _metrics = Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Meters)

            // What a cache hit records stays out: the histogram of the library takes a lock for each value.
            .AddView(static instrument => instrument is Histogram<double> && instrument.Meter.Name == HttpMetrics.MeterName ? MetricStreamConfiguration.Drop : null)
            .AddOtlpExporter((exporter, reader) =>
            {
                Set(exporter, "/v1/metrics");
                reader.PeriodicExportingMetricReaderOptions.ExportIntervalMilliseconds = (int)OtlpOptions.Interval.TotalMilliseconds;
            })
            .Build();
        return Task.CompletedTask;
    }

    /// <summary>Sends what there is now.</summary>
    /// <param name="longest">When to give up.</param>
    public Task FlushAsync(TimeSpan longest) => BothAsync(static (traces, time) => traces.ForceFlush(time), static (metrics, time) => metrics.ForceFlush(time), longest);

    // The end of the process does not wait for a receiver that is unreachable.
    public Task StopAsync(CancellationToken cancellationToken) =>
        BothAsync(static (traces, time) => traces.Shutdown(time), static (metrics, time) => metrics.Shutdown(time), OtlpOptions.LastExportTime);

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    // The library blocks until it is done.
    private Task BothAsync(Action<TracerProvider, int> traces, Action<MeterProvider, int> metrics, TimeSpan longest) => Task.WhenAll(
        Task.Run(() => traces(_traces!, (int)longest.TotalMilliseconds)), Task.Run(() => metrics(_metrics!, (int)longest.TotalMilliseconds)));

    private void Set(OtlpExporterOptions exporter, string path)
    {
        (exporter.Protocol, exporter.Endpoint) = (OtlpExportProtocol.HttpProtobuf, new Uri(options.Endpoint, path));
        exporter.TimeoutMilliseconds = (int)OtlpOptions.ExportTime.TotalMilliseconds;
    }
}
