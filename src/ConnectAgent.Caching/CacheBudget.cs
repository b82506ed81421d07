using System.Globalization;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Caching;

/// <summary>
/// How much of the cache is used, in all or by one token, and who of it goes first. For one caller at a time.
/// </summary>
internal sealed class CacheBudget(CacheBounds bounds)
{
    /// <summary>What happens at each of these bounds, for docs/limits.md.</summary>
    public const string Beyond = "the least recently read entry is evicted; refused with 429 when all are waited on";

    private readonly EvictionQueue _queue = new(bounds.Place);

    public int Entries { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>How many may go.</summary>
    public int Idle => _queue.Count;

    /// <summary>Who goes first, of those that nobody waited on when it was last looked at.</summary>
    public CacheEntry? First => _queue.First;

    /// <summary>The bound that more would be beyond; null when there is room.</summary>
    public CacheBound? BoundOf(int entries, long bytes) =>
        Entries + entries > bounds.Entries.Most ? bounds.Entries : Bytes + bytes > bounds.Bytes.Most ? bounds.Bytes : null;

    /// <summary>Nobody has to go for what does not fit even alone.</summary>
    /// <exception cref="ServerException">It is refused.</exception>
    public void RequireFit(long bytes)
    {
        if (bytes > bounds.Bytes.Most)
        {
            throw bounds.Bytes.TooMuch(bytes);
        }
    }

    public void Add(CacheEntry entry)
    {
        Entries++;
        Bytes += entry.Weight;
        _queue.Add(entry);
    }

    public void Remove(CacheEntry entry)
    {
        Entries--;
        Bytes -= entry.Weight;
        _queue.Remove(entry);
    }

    /// <summary>An entry that is counted here weighs more, or less.</summary>
    public void Grow(long bytes) => Bytes += bytes;

    /// <summary>Nobody waits on it any more.</summary>
    public void Enqueue(CacheEntry entry) => _queue.Add(entry);

    /// <summary>Somebody waits on it.</summary>
    public void Dequeue(CacheEntry entry) => _queue.Remove(entry);

    public void Moved(CacheEntry entry) => _queue.Moved(entry);
}

/// <summary>What one budget may hold.</summary>
/// <param name="Place">See <see cref="EvictionQueue"/>.</param>
internal sealed record CacheBounds(int Place, CacheBound Entries, CacheBound Bytes);

/// <summary>One bound.</summary>
/// <param name="Limit">Its name in docs/limits.md.</param>
/// <param name="Key">The configuration key that changes it.</param>
/// <param name="Of">Of what, for the caller who is refused.</param>
/// <param name="Most">Entries, or bytes.</param>
internal sealed record CacheBound(string Limit, string Key, string Of, long Most)
{
    /// <summary>All that is held is waited on.</summary>
    public ServerException Refusal() => Refuse(
        string.Create(CultureInfo.InvariantCulture, $"The agent cache is full: {Most} {Of}, all of them waited on, is its bound ({Key})"));

    /// <summary>One entry alone is more.</summary>
    public ServerException TooMuch(long bytes) => Refuse(
        string.Create(CultureInfo.InvariantCulture, $"The agent cache cannot hold an entry of {bytes} bytes: {Most} {Of} is its bound ({Key})"));

    private ServerException Refuse(string text) => new(FailureKind.RateLimited, text) { Limit = Limit };
}
