namespace ConnectAgent.Caching.Inspection;

/// <summary>One live entry as operators may see it: whose it is shows as a salted hash, never as the token.</summary>
/// <param name="Key">Cut when it is long.</param>
/// <param name="Id">Stable while the process runs; names the entry for dropping it.</param>
/// <param name="Token">Empty for requests without a token, else a short hash that only this process can make.</param>
/// <param name="State"><c>fresh</c> (a read of the servers is held for it), <c>scheduled</c> (good until a planned time), <c>refreshing</c> (no value yet), <c>failing</c>, or <c>restored</c> (from the sealed file, not confirmed since).</param>
/// <param name="AgeSeconds">Since the value was last known good.</param>
/// <param name="SizeBytes">What it takes of the bounds on bytes: key, token and value, and what it needs beside them.</param>
/// <param name="Detail">What its kind tells of it beside this; null for nothing.</param>
internal sealed record CacheEntryView(
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
    object? Detail);

/// <summary>The last failure of an entry's refresh.</summary>
/// <param name="NextAttempt">When the refresh tries again; absent while it is trying.</param>
internal sealed record CacheErrorView(string Text, DateTimeOffset At, DateTimeOffset? NextAttempt);

/// <summary>The cache in numbers.</summary>
/// <param name="FetchesPerSecond">Over the life of the process.</param>
internal sealed record CacheSummary(
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
    double ErrorsPerSecond);
