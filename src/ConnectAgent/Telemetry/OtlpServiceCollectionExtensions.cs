namespace ConnectAgent.Telemetry;

internal static class OtlpServiceCollectionExtensions
{
    /// <summary>Traces and metrics over OTLP, where a receiver is named; without one nothing is traced.</summary>
    public static IServiceCollection AddOtlpExport(this IServiceCollection services, Uri? endpoint) =>
        endpoint is null ? services : services.AddSingleton(new OtlpOptions(endpoint)).AddHostedService<OtlpExport>();
}
