using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Telemetry;

/// <summary>Where traces and metrics go, and what that may take.</summary>
/// <param name="Endpoint">Of an OTLP/HTTP receiver, without a path: <c>telemetry.otlp_endpoint</c>.</param>
internal sealed record OtlpOptions(Uri Endpoint)
{
    [Limit("telemetry.spans", "spans", "dropped")]
    public const int MostSpans = 2048;

    [Limit("telemetry.export", "s", "what was to be sent is dropped")]
    public static readonly TimeSpan ExportTime = TimeSpan.FromSeconds(10);

    [Limit("telemetry.last_export", "s", "what was not sent until then is dropped")]
    public static readonly TimeSpan LastExportTime = TimeSpan.FromMilliseconds(500);

    /// <summary>Between two reports of the metrics.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromSeconds(60);
}
