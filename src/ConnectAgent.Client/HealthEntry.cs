using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>An instance of a service, with the node that it is on and the checks of both.</summary>
public sealed record HealthEntry
{
    /// <summary>The node.</summary>
    public NodeEntry Node { get; init; } = new();

    /// <summary>The instance.</summary>
    public ServiceEntry Service { get; init; } = new();

    /// <summary>The checks of instance and node.</summary>
    public IReadOnlyList<CheckEntry> Checks { get; init; } = [];
}

/// <summary>A node of the catalog.</summary>
public sealed record NodeEntry
{
    /// <summary>Its ID; empty for none.</summary>
    [JsonPropertyName("ID")]
    public string Id { get; init; } = string.Empty;

    /// <summary>Its name.</summary>
    public string Node { get; init; } = string.Empty;

    /// <summary>Its address.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>Its datacenter.</summary>
    public string Datacenter { get; init; } = string.Empty;

    /// <summary>Its addresses by what they are for, such as <c>lan</c> and <c>wan</c>; null for none.</summary>
    public IReadOnlyDictionary<string, string>? TaggedAddresses { get; init; }

    /// <summary>What was said about it besides; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }
}

/// <summary>An instance of a service.</summary>
public sealed record ServiceEntry
{
    /// <summary>Its ID, one on its node.</summary>
    [JsonPropertyName("ID")]
    public string Id { get; init; } = string.Empty;

    /// <summary>The service's name.</summary>
    public string Service { get; init; } = string.Empty;

    /// <summary><c>connect-proxy</c> and the like; null or empty for an ordinary service.</summary>
    public string? Kind { get; init; }

    /// <summary>Its address; empty: that of the node.</summary>
    public string Address { get; init; } = string.Empty;

    /// <summary>Its port; 0 for none.</summary>
    public int Port { get; init; }

    /// <summary>Its tags; null for none.</summary>
    public IReadOnlyList<string>? Tags { get; init; }

    /// <summary>What was said about it besides; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>Of a proxy: what it stands for; null for none.</summary>
    public ProxyEntry? Proxy { get; init; }

    /// <summary>Whether it is a native one; null for none.</summary>
    public ConnectEntry? Connect { get; init; }
}

/// <summary>What a proxy stands for.</summary>
public sealed record ProxyEntry
{
    /// <summary>The service whose identity it shows.</summary>
    public string? DestinationServiceName { get; init; }

    /// <summary>The instance on the same agent that it stands before; null or empty for any.</summary>
    [JsonPropertyName("DestinationServiceID")]
    public string? DestinationServiceId { get; init; }

    /// <summary>Where that instance is reached; null or empty: 127.0.0.1.</summary>
    public string? LocalServiceAddress { get; init; }

    /// <summary>Its port; 0 for none.</summary>
    public int LocalServicePort { get; init; }
}

/// <summary>How an instance takes part in the mesh.</summary>
public sealed record ConnectEntry
{
    /// <summary>Whether it speaks TLS with its own leaf, without a proxy.</summary>
    public bool Native { get; init; }
}

/// <summary>A health check and how it is.</summary>
public sealed record CheckEntry
{
    /// <summary>The node.</summary>
    public string Node { get; init; } = string.Empty;

    /// <summary>Its ID, one on its node.</summary>
    [JsonPropertyName("CheckID")]
    public string CheckId { get; init; } = string.Empty;

    /// <summary>Its name.</summary>
    public string Name { get; init; } = string.Empty;

    /// <summary><c>passing</c>, <c>warning</c> or <c>critical</c>.</summary>
    public string Status { get; init; } = string.Empty;

    /// <summary>What the check said last.</summary>
    public string Output { get; init; } = string.Empty;

    /// <summary>What it is for.</summary>
    public string Notes { get; init; } = string.Empty;

    /// <summary>The instance that it is of; empty: the node.</summary>
    [JsonPropertyName("ServiceID")]
    public string ServiceId { get; init; } = string.Empty;

    /// <summary>That instance's service.</summary>
    public string ServiceName { get; init; } = string.Empty;

    /// <summary><c>ttl</c>, <c>http</c> and the like.</summary>
    public string? Type { get; init; }
}
