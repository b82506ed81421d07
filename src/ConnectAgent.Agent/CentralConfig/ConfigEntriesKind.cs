using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.CentralConfig;

/// <summary>All config entries of one kind. Each kind is one read, because a write of any entry wakes the readers of all (services CFG-5).</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">The agent's own; what it may not see is left out.</param>
/// <param name="EntryKind">For instance <c>service-defaults</c>.</param>
internal sealed record ConfigEntriesRequest(string Datacenter, string Token, string EntryKind) : CacheRequest(Datacenter, Token)
{
    public override string Key => EntryKind;

    public override IReadOnlyList<AccessRequest> Needs => [];

    public override bool CountsForToken => false;
}

/// <summary>The cache type <c>config-entries</c>.</summary>
internal sealed class ConfigEntriesKind(IServerClient servers)
    : ServerCacheKind<ConfigEntriesRequest, ConfigEntryList>(servers), IServerReadKind<ConfigEntriesRequest, ConfigEntryList>
{
    public const string KindName = "config-entries";

    // An entry that is taken apart, beside its text.
    private const int SizeOfEntry = 600;

    public override string Name => KindName;

    /// <summary>Servers that know no config entries have none.</summary>
    public ConfigEntryList Absent => ConfigEntryList.None;

    public override string NotServed => "the servers have no config entries (GET /v1/config/)";

    public override SealedCodec<ConfigEntriesRequest, ConfigEntryList> Sealing => ConfigEntriesCodec.Instance;

    public override long SizeOf(ConfigEntryList value) => value.Json.Length + (SizeOfEntry * (long)value.Count);

    public override bool IsEmpty(ConfigEntryList value) => value.Count == 0;

    public override string TargetOf(ConfigEntriesRequest request) => $"/v1/config/{request.EntryKind}?";

    public override ConfigEntryList Decode(ConfigEntriesRequest request, ConsulAnswer answer)
    {
        try
        {
            return ConfigEntryList.Parse(answer.Body);
        }
        catch (JsonException error)
        {
            throw answer.Garbage(error.Message);
        }
    }
}

/// <summary>How they are sealed: a proxy that is registered while no server can be reached gets what was known last (services CENT-4).</summary>
internal sealed class ConfigEntriesCodec() : SealedCodec<ConfigEntriesRequest, ConfigEntryList, SealedConfigEntries>(SealedConfigEntriesJson.Default.SealedConfigEntries)
{
    public static ConfigEntriesCodec Instance { get; } = new();

    protected override SealedConfigEntries Describe(ConfigEntriesRequest request, ConfigEntryList value) => new() { Request = request.EntryKind, Entries = value.Json };

    protected override (ConfigEntriesRequest Request, ConfigEntryList Value)? Restore(SealedConfigEntries document) => document.Entries is { } entries
        ? (new ConfigEntriesRequest(document.Datacenter, document.Token, document.Request), ConfigEntryList.Parse(entries))
        : null;
}

/// <summary>The sealed form.</summary>
internal sealed record SealedConfigEntries : SealedDocument
{
    /// <summary>The servers' list, as it came.</summary>
    public ReadOnlyMemory<byte>? Entries { get; init; }
}

[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SealedConfigEntries))]
internal sealed partial class SealedConfigEntriesJson : JsonSerializerContext;
