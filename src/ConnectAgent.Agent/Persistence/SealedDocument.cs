using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Persistence;

/// <summary>One cache entry as it is sealed. Exactly one of the values is there.</summary>
internal sealed record SealedDocument
{
    public required string Kind { get; init; }

    public required string Datacenter { get; init; }

    public required string Token { get; init; }

    public required ulong Index { get; init; }

    /// <summary>When a server last said so.</summary>
    public required DateTimeOffset FetchedAt { get; init; }

    /// <summary>The idle life of 72 h counts from here.</summary>
    public required DateTimeOffset LastRead { get; init; }

    /// <summary>Roots: the filter. Leaf: the service. Match: the spelling.</summary>
    public required string Request { get; init; }

    public CaRoots? Roots { get; init; }

    public RevocationList? Revoked { get; init; }

    public LeafCertificate? Leaf { get; init; }

    public string? AuthorityKeyId { get; init; }

    public IReadOnlyList<string>? MatchNames { get; init; }

    public bool MatchByDestination { get; init; }

    public IReadOnlyList<IReadOnlyList<Intention>>? Matches { get; init; }

    public HealthQuestion? HealthQuestion { get; init; }

    /// <summary>The list of instances, as it was held.</summary>
    public ReadOnlyMemory<byte>? Health { get; init; }

    public bool HealthIsFiltered { get; init; }

    // Records print their members; tokens and keys must not reach a log that way.
    public override string ToString() => $"sealed {Kind}";
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedDocument))]
internal sealed partial class SealedJson : JsonSerializerContext;
