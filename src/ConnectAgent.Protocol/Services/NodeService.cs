using System.Text.Json.Serialization;

namespace ConnectAgent.Protocol.Services;

/// <summary>
/// One instance of a service: registered with an agent (services DATA-1), in the catalog (DATA-5, DATA-7). Immutable; an empty list or map means
/// none, and is never null.
/// </summary>
public sealed record NodeService
{
    /// <summary>One of <see cref="ServiceKinds"/>, or any other (REG-10).</summary>
    public string Kind { get; init; } = ServiceKinds.Typical;

    /// <summary>Unique on its node.</summary>
    public required string Id { get; init; }

    /// <summary>The service's name; names are found without regard to letter case (CAT-12).</summary>
    public required string Name { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string Address { get; init; } = string.Empty;

    public IReadOnlyDictionary<string, ServiceAddress> TaggedAddresses { get; init; } = EmptyMap<ServiceAddress>.Instance;

    public IReadOnlyDictionary<string, string> Meta { get; init; } = EmptyMap<string>.Instance;

    public int Port { get; init; }

    public string SocketPath { get; init; } = string.Empty;

    public ServiceWeights Weights { get; init; } = ServiceWeights.Default;

    public bool EnableTagOverride { get; init; }

    /// <summary>Null when the registration had none.</summary>
    public ProxyConfig? Proxy { get; init; }

    /// <summary>Whether it speaks Connect itself.</summary>
    public bool IsNative { get; init; }

    /// <summary>Of the catalog; 0 with an agent.</summary>
    public ulong CreateIndex { get; init; }

    /// <inheritdoc cref="CreateIndex"/>
    public ulong ModifyIndex { get; init; }

    /// <summary>What an agent shows of <see cref="Proxy"/>: of proxies and gateways only (DATA-1).</summary>
    [JsonIgnore]
    public ProxyConfig? ShownProxy => Kind == ServiceKinds.ConnectProxy || ServiceKinds.IsGateway(Kind) ? Proxy ?? ProxyConfig.Empty : null;

    /// <summary>What an agent shows of <see cref="Weights"/> (DATA-2).</summary>
    [JsonIgnore]
    public ServiceWeights ShownWeights => Weights.Passing > 0 ? Weights : Weights with { Passing = 1 };

    /// <summary>The name of the service that mesh connections to this instance are for (CAT-13); null when there can be none.</summary>
    [JsonIgnore]
    public string? ConnectName => Kind == ServiceKinds.ConnectProxy ? Proxy?.DestinationServiceName : IsNative ? Name : null;
}
