using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Discovery;

/// <summary>How what the catalog answered is sealed.</summary>
/// <param name="form">Of the answers.</param>
internal sealed class DiscoveryCodec<TQuery>(DiscoveryForm form, JsonTypeInfo<SealedDiscovery<TQuery>> json)
    : SealedCodec<DiscoveryRequest<TQuery>, DiscoveryList, SealedDiscovery<TQuery>>(json)
    where TQuery : DiscoveryQuery
{
    protected override SealedDiscovery<TQuery> Describe(DiscoveryRequest<TQuery> request, DiscoveryList value) => new()
    {
        Query = request.Query,
        Json = value.Json,
        IsFiltered = value.IsFiltered,
        Free = [.. Enumerable.Range(0, value.Items.Count).Where(at => value.Items[at] is { Node: "", Service: "" })],
    };

    protected override (DiscoveryRequest<TQuery> Request, DiscoveryList Value)? Restore(SealedDiscovery<TQuery> document) =>
        document is { Json: { } held, Query: { } query }
            ? (new(document.Datacenter, document.Token, query), DiscoveryList.Parse(form, held, document.IsFiltered).Freed(document.Free ?? []))
            : null;
}

/// <summary>The sealed form. The names are those that the first revision gave to the health of services, which was all that it sealed of the catalog.</summary>
internal sealed record SealedDiscovery<TQuery> : SealedDocument
    where TQuery : DiscoveryQuery
{
    [JsonPropertyName("HealthQuestion")]
    public TQuery? Query { get; init; }

    /// <summary>The document, as it was held.</summary>
    [JsonPropertyName("Health")]
    public ReadOnlyMemory<byte>? Json { get; init; }

    [JsonPropertyName("HealthIsFiltered")]
    public bool IsFiltered { get; init; }

    /// <summary>The positions of items that need no right.</summary>
    public IReadOnlyList<int>? Free { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedDiscovery<InstancesQuery>))]
[JsonSerializable(typeof(SealedDiscovery<ServicesQuery>))]
[JsonSerializable(typeof(SealedDiscovery<DatacentersQuery>))]
[JsonSerializable(typeof(SealedDiscovery<ChainQuery>))]
[JsonSerializable(typeof(SealedDiscovery<ExecuteQuery>))]
internal sealed partial class SealedDiscoveryJson : JsonSerializerContext;
