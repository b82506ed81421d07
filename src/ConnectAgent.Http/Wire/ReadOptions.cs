using System.Globalization;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Wire;

/// <summary>Who may answer a read (http-conventions CON-1).</summary>
internal enum Consistency
{
    Leader,
    Stale,
    Consistent,
}

/// <summary>The options that all reads share, parsed in the order that decides which error wins (http-conventions HTTP-2).</summary>
/// <param name="Cached">Whether the agent cache may answer (CON-3).</param>
/// <param name="Blocking">Whether to hold the answer (IDX-3); its wait is null when absent.</param>
internal readonly record struct ReadOptions(
    string Datacenter, string Token, string Filter, Consistency Consistency, bool Cached, BlockingQuery Blocking)
{
    /// <summary>How old an answer may be, for what is not kept fresh in the background (CACHE-40).</summary>
    public CacheControl Age { get; init; }

    /// <summary>The same for the agent's cache.</summary>
    public CacheRead ToCacheRead() => new(Blocking, Age.MaxAge, Age.MustRevalidate, Age.StaleIfError);

    /// <summary>Parses them.</summary>
    /// <exception cref="WireException">400 with the first error.</exception>
    public static ReadOptions Parse(WireRequest request)
    {
        var query = request.Query;
        var cacheControl = request.Context.Request.Headers.CacheControl.ToString();
        if (query.Pairs.Count == 0)
        {
            return new ReadOptions(request.Datacenter(), request.Token(), string.Empty, Consistency.Leader, Cached: false, default)
            {
                Age = CacheControl.Parse(cacheControl),
            };
        }

        var (consistency, cached) = ParseConsistency(query, request.UsesCache);
        var age = CacheControl.Parse(cacheControl);
        var wait = ParseWait(query.First("wait"));
        return new ReadOptions(
            request.Datacenter(), request.Token(), query.First("filter"), consistency, cached, BlockingOf(request, ParseIndex(query.First("index")), wait))
        {
            Age = age,
        };
    }

    private static BlockingQuery BlockingOf(WireRequest request, ulong index, TimeSpan? wait)
    {
        if (index == 0)
        {
            return new BlockingQuery(index, wait);
        }

        request.Hold();
        return new BlockingQuery(index, LargeRequests.LimitWait(request.Context, wait));
    }

    private static (Consistency Consistency, bool Cached) ParseConsistency(WireQuery query, bool useCache)
    {
        var stale = query.Has("stale");
        var consistent = query.Has("consistent");
        var cached = useCache && query.Has("cached");
        if (query.First("max_stale") is { Length: > 0 } text)
        {
            if (!GoDuration.TryParse(text, out var maxStale, out _))
            {
                throw WireException.Invalid($"Invalid max_stale value {GoQuote.Of(text)}");
            }

            stale |= maxStale > TimeSpan.Zero;
        }

        if (stale && consistent)
        {
            throw WireException.Invalid("Cannot specify ?stale with ?consistent, conflicting semantics.");
        }

        if (cached && consistent)
        {
            throw WireException.Invalid("Cannot specify ?cached with ?consistent, conflicting semantics.");
        }

        return (stale ? Consistency.Stale : consistent ? Consistency.Consistent : Consistency.Leader, cached);
    }

    // IDX-2.
    private static TimeSpan? ParseWait(string text) => text.Length == 0
        ? null
        : GoDuration.TryParse(text, out var wait, out _) ? wait : throw WireException.Invalid("Invalid wait time");

    // IDX-1.
    private static ulong ParseIndex(string text) => text.Length == 0
        ? 0
        : !text.AsSpan().ContainsAnyExceptInRange('0', '9') && ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? index
            : throw WireException.Invalid("Invalid index");
}
