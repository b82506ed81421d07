using System.Globalization;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Timing;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>The cache of answers, and how fast its entries are fetched (agent-cache CACHE-20, CACHE-30).</summary>
internal static class CacheKeys
{
    public static readonly KeyTable Table = new();

    private static readonly CacheOptions Defaults = new();

    public static readonly ConfigKey<long> Entries = Table.Positive("connect_agent.cache_max_entries", Defaults.MaxEntries);

    public static readonly ConfigKey<long> EntriesPerToken = Table.Positive("connect_agent.cache_max_entries_per_token", Defaults.MaxEntriesPerToken);

    public static readonly ConfigKey<long> Bytes = Table.Positive("connect_agent.cache_max_bytes", Defaults.MaxBytes);

    public static readonly ConfigKey<long> BytesPerToken = Table.Positive("connect_agent.cache_max_bytes_per_token", Defaults.MaxBytesPerToken);

    /// <summary>Whether the cache is sealed in the data directory.</summary>
    public static readonly ConfigKey<bool> Persistence = Table.Flag("agent.cache_persistence", fallback: true);

    public static readonly ConfigKey<double?> FetchRate = Table.Real("cache.entry_fetch_rate").Reloaded();

    public static readonly ConfigKey<int?> FetchMaxBurst = Table.Number("cache.entry_fetch_max_burst").Reloaded();

    /// <summary>Sets the bounds of the cache.</summary>
    public static Action<CacheOptions> Bind(ConfigValues values)
    {
        var (entries, entriesPerToken) = (values.Of(Entries), values.Of(EntriesPerToken));
        var (bytes, bytesPerToken) = (values.Of(Bytes), values.Of(BytesPerToken));
        return options =>
        {
            (options.MaxEntries, options.MaxEntriesPerToken) = ((int)entries, (int)entriesPerToken);
            (options.MaxBytes, options.MaxBytesPerToken) = (bytes, bytesPerToken);
        };
    }

    /// <summary>Fetches of one cache entry.</summary>
    public static FetchLimits FetchLimitsOf(ConfigValues values)
    {
        var (rate, burst) = (values.Of(FetchRate), values.Of(FetchMaxBurst));
        Require(burst is null or > 0, $"{FetchMaxBurst.Path} must be strictly positive, was: {burst}");
        Require(rate is null or > 0, string.Create(CultureInfo.InvariantCulture, $"{FetchRate.Path} must be strictly positive, was: {rate}"));
        return new FetchLimits(rate, burst ?? FetchLimits.None.Burst);
    }
}
