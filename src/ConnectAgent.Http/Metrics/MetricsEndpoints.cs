using System.Buffers;
using System.Text;
using ConnectAgent.Http.Wire;

namespace ConnectAgent.Http.Metrics;

/// <summary>The agent in numbers (services AG-27).</summary>
internal sealed class MetricsEndpoints(MetricsReader metrics, MetricsOptions options, LiveStreams streams) : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/metrics", (HttpMethods.Get, Permission.AgentRead, GetMetricsAsync));
        routes.MapWire("/v1/agent/metrics/stream", (HttpMethods.Get, Permission.AgentRead, StreamAsync));
    }

    private async Task GetMetricsAsync(WireRequest request)
    {
        if (!WantsPrometheus(request))
        {
            await WireReply.JsonAsync(request, WireMetrics.ToJson(metrics.Read(), metrics.Last), MetricsJson.Default.MetricsReply);
            return;
        }

        if (options.PrometheusRetention <= TimeSpan.Zero)
        {
            throw new WireException(
                StatusCodes.Status415UnsupportedMediaType, "Prometheus is not enabled since its retention time is not positive")
            {
                Setting = "telemetry.prometheus_retention_time",
            };
        }

        await WireReply.BytesAsync(
            request.Context, StatusCodes.Status200OK, PrometheusText.ContentType, Encoding.UTF8.GetBytes(PrometheusText.Of(metrics.Read(), metrics.ReadHistograms())));
    }

    // A document for each interval, in a line whatever the form of other answers is; the first is that of the interval in which the request came.
    private async Task StreamAsync(WireRequest request)
    {
        if (request.Query.First("format") == "prometheus")
        {
            throw WireException.BadRequest("the stream of metrics is JSON; /v1/agent/metrics has the text of Prometheus");
        }

        var next = metrics.NextAsync(request.Aborted);
        await streams.AnswerAsync(request, "application/json", async stream =>
        {
            while (await next is { } interval)
            {
                next = metrics.NextAsync(request.Aborted);
                stream.Unsent.Write(WireReply.Render(WireMetrics.ToJson(metrics.Read(), interval), MetricsJson.Default.MetricsReply, pretty: false).Span);
                stream.Unsent.Write("\n"u8);
                await stream.FlushAsync();
            }
        });
    }

    private static bool WantsPrometheus(WireRequest request)
    {
        var accept = request.Context.Request.Headers.Accept.ToString();
        return request.Query.First("format") == "prometheus"
            || accept.Contains("application/openmetrics-text", StringComparison.OrdinalIgnoreCase)
            || accept.Replace(" ", string.Empty, StringComparison.Ordinal).Contains("text/plain;version=0.4.0", StringComparison.OrdinalIgnoreCase);
    }
}

/// <summary>How metrics are answered.</summary>
/// <param name="PrometheusRetention">0: Prometheus text is refused (services AG-27).</param>
internal sealed record MetricsOptions(TimeSpan PrometheusRetention);
