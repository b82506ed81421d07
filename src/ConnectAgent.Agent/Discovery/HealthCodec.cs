using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Discovery;

/// <summary>How the instances of services are sealed.</summary>
internal sealed class HealthCodec() : SealedCodec<HealthRequest, ServiceHealth, SealedHealth>(SealedHealthJson.Default.SealedHealth)
{
    public static HealthCodec Instance { get; } = new();

    protected override SealedHealth Describe(HealthRequest request, ServiceHealth value) =>
        new() { HealthQuery = request.Query, Health = value.Json, HealthIsFiltered = value.IsFiltered };

    protected override (HealthRequest Request, ServiceHealth Value)? Restore(SealedHealth document) =>
        document is { Health: { } health, HealthQuery: { } query }
            ? (new HealthRequest(document.Datacenter, document.Token, query), ServiceHealth.Parse(health, document.HealthIsFiltered))
            : null;
}

/// <summary>The sealed form.</summary>
internal sealed record SealedHealth : SealedDocument
{
    [JsonPropertyName("HealthQuestion")] // as the first revision wrote it
    public HealthQuery? HealthQuery { get; init; }

    /// <summary>The list of instances, as it was held.</summary>
    public ReadOnlyMemory<byte>? Health { get; init; }

    public bool HealthIsFiltered { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedHealth))]
internal sealed partial class SealedHealthJson : JsonSerializerContext;
