using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>A service, as it is registered with its agent. What is null is not sent.</summary>
public sealed record ServiceRegistration
{
    /// <summary>Its ID, one on its agent; null: its name.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    /// <summary>The service's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>connect-proxy</c> and the like; null for an ordinary service.</summary>
    public string? Kind { get; init; }

    /// <summary>Its tags; null for none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>Its address; null: that of the agent.</summary>
    public string? Address { get; init; }

    /// <summary>Its port; 0 for none.</summary>
    public int Port { get; init; }

    /// <summary>What else is to be known about it; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>How it takes part in the mesh; null: not at all.</summary>
    public ConnectRegistration? Connect { get; init; }

    /// <summary>Of a proxy: what it stands for; null for none.</summary>
    public ProxyEntry? Proxy { get; init; }

    /// <summary>Its checks; null for none.</summary>
    public IReadOnlyList<CheckRegistration>? Checks { get; init; }
}

/// <summary>How a service takes part in the mesh.</summary>
public sealed record ConnectRegistration
{
    /// <summary>Whether it speaks TLS with its own leaf, without a proxy.</summary>
    public bool Native { get; init; }

    /// <summary>The registration of its sidecar proxy, an empty object for all that is usual; null for none.</summary>
    public JsonElement? SidecarService { get; init; }
}

/// <summary>A check of a service: one of <see cref="Ttl"/>, <see cref="Http"/>, <see cref="Tcp"/> and <see cref="Grpc"/> says of what sort.</summary>
public sealed record CheckRegistration
{
    /// <summary>Its ID, one on its agent; null: made of the service's.</summary>
    [JsonPropertyName("CheckID")]
    public string? CheckId { get; init; }

    /// <summary>Its name; null: made of the service's.</summary>
    public string? Name { get; init; }

    /// <summary>How long what was said last counts, as in <c>15s</c>; the application says it again.</summary>
    [JsonPropertyName("TTL")]
    public string? Ttl { get; init; }

    /// <summary>The address that is fetched.</summary>
    [JsonPropertyName("HTTP")]
    public string? Http { get; init; }

    /// <summary>The <c>host:port</c> that is connected to.</summary>
    [JsonPropertyName("TCP")]
    public string? Tcp { get; init; }

    /// <summary>The <c>host:port/service</c> that is asked by gRPC's health protocol.</summary>
    [JsonPropertyName("GRPC")]
    public string? Grpc { get; init; }

    /// <summary>The time between two looks, as in <c>10s</c>.</summary>
    public string? Interval { get; init; }

    /// <summary>How long a look may take, as in <c>2s</c>.</summary>
    public string? Timeout { get; init; }

    /// <summary>How it is until it is known; null: <c>critical</c>.</summary>
    public string? Status { get; init; }

    /// <summary>After how long in <c>critical</c> the service is taken away, as in <c>10m</c>; null: never.</summary>
    public string? DeregisterCriticalServiceAfter { get; init; }
}

internal sealed record CheckState(string Status, string Output);
