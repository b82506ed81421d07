using System.Text.Json.Serialization;

namespace ConnectAgent.Proxy.Telemetry;

/// <summary>A line of the access log. It holds no token and nothing of what was carried.</summary>
internal sealed record AccessEntry
{
    [JsonPropertyName("time")]
    public DateTimeOffset Time { get; init; }

    /// <summary><c>inbound</c> or <c>outbound</c>.</summary>
    [JsonPropertyName("direction")]
    public required string Direction { get; init; }

    /// <summary>The service of the proxy.</summary>
    [JsonPropertyName("service")]
    public required string Service { get; init; }

    /// <summary>Of what goes out.</summary>
    [JsonPropertyName("upstream")]
    public string? Upstream { get; init; }

    /// <summary>The SPIFFE ID at the other end; null: it is not known.</summary>
    [JsonPropertyName("peer")]
    public string? Peer { get; init; }

    /// <summary>The other end's address.</summary>
    [JsonPropertyName("address")]
    public string? Address { get; init; }

    /// <summary>Why it ended.</summary>
    [JsonPropertyName("end")]
    public string? End { get; init; }

    /// <summary>More of it; null for nothing.</summary>
    [JsonPropertyName("detail")]
    public string? Detail { get; init; }

    [JsonPropertyName("setup_ms")]
    public double? SetupMs { get; init; }

    [JsonPropertyName("duration_ms")]
    public double DurationMs { get; init; }

    /// <summary>Bytes from who connected.</summary>
    [JsonPropertyName("sent")]
    public long? Sent { get; init; }

    /// <summary>Bytes to who connected.</summary>
    [JsonPropertyName("received")]
    public long? Received { get; init; }

    [JsonPropertyName("method")]
    public string? Method { get; init; }

    [JsonPropertyName("path")]
    public string? Path { get; init; }

    [JsonPropertyName("status")]
    public int? Status { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AccessEntry))]
internal sealed partial class AccessJson : JsonSerializerContext;
