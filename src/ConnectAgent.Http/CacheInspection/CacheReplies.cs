using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching.Inspection;

namespace ConnectAgent.Http.CacheInspection;

/// <summary>One entry as docs/http-api.md shows it; <see cref="CacheEntryView"/> says what the fields are.</summary>
/// <param name="Leaf">Only for leaves.</param>
internal sealed record CacheEntryReply(
    string Id,
    string Kind,
    string Key,
    string Datacenter,
    string Token,
    string State,
    ulong Index,
    long AgeSeconds,
    DateTimeOffset LastRead,
    DateTimeOffset ExpiresAt,
    long Hits,
    long Misses,
    int Waiters,
    long Refreshes,
    CacheErrorView? LastError,
    long SizeBytes,
    LeafView? Leaf)
{
    public static CacheEntryReply Of(CacheEntryView view) => new(
        view.Id,
        view.Kind,
        view.Key,
        view.Datacenter,
        view.Token,
        view.State,
        view.Index,
        view.AgeSeconds,
        view.LastRead,
        view.ExpiresAt,
        view.Hits,
        view.Misses,
        view.Waiters,
        view.Refreshes,
        view.LastError,
        view.SizeBytes,
        view.Detail as LeafView);
}

/// <summary>The cache in numbers as docs/http-api.md shows it; <see cref="CacheSummary"/> says what the fields are.</summary>
/// <param name="Signing">What first leaves may be waiting for; null where remote servers sign.</param>
internal sealed record CacheSummaryReply(
    int Entries,
    long Bytes,
    int Waiters,
    SortedDictionary<string, int> ByKind,
    SortedDictionary<string, int> ByState,
    int MaxEntries,
    int MaxEntriesPerToken,
    long MaxBytes,
    long MaxBytesPerToken,
    long Fetches,
    long Errors,
    double FetchesPerSecond,
    double ErrorsPerSecond,
    SigningView? Signing)
{
    public static CacheSummaryReply Of(CacheSummary summary, SigningView? signing) => new(
        summary.Entries,
        summary.Bytes,
        summary.Waiters,
        summary.ByKind,
        summary.ByState,
        summary.MaxEntries,
        summary.MaxEntriesPerToken,
        summary.MaxBytes,
        summary.MaxBytesPerToken,
        summary.Fetches,
        summary.Errors,
        summary.FetchesPerSecond,
        summary.ErrorsPerSecond,
        signing);
}
