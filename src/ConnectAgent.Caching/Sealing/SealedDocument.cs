using System.Text.Json.Serialization;

namespace ConnectAgent.Caching.Sealing;

/// <summary>What every sealed entry holds, of whatever kind; a kind's own document adds what makes its request and its value again.</summary>
internal abstract record SealedDocument
{
    [JsonRequired]
    public string Kind { get; set; } = string.Empty;

    [JsonRequired]
    public string Datacenter { get; set; } = string.Empty;

    [JsonRequired]
    public string Token { get; set; } = string.Empty;

    [JsonRequired]
    public ulong Index { get; set; }

    /// <summary>When a server last said so.</summary>
    [JsonRequired]
    public DateTimeOffset FetchedAt { get; set; }

    /// <summary>The idle life of 72 h counts from here.</summary>
    [JsonRequired]
    public DateTimeOffset LastRead { get; set; }

    /// <summary>What a kind's key is made of, where that is one text.</summary>
    [JsonRequired]
    public string Request { get; set; } = string.Empty;

    // Records print their members; tokens and keys must not reach a log that way.
    public sealed override string ToString() => $"sealed {Kind}";
}

/// <summary>What can be told of a sealed entry before it is known which kind it is of.</summary>
internal sealed record SealedHead : SealedDocument;

[JsonSerializable(typeof(SealedHead))]
internal sealed partial class SealedHeadJson : JsonSerializerContext;
