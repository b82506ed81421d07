using System.Text.Json;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching;

/// <summary>
/// Puts back at the start what <see cref="CacheSealer"/> has sealed: an agent that comes up while its servers cannot be reached answers from it at
/// once, marked by <c>Age</c>, and goes back to refreshing when a server answers.
/// </summary>
internal sealed class SealedCache : IDisposable
{
    // An entry that is read but never changes would seem idle in the file.
    private static readonly TimeSpan ReadsAreNoted = TimeSpan.FromHours(1);

    private readonly AgentCache _cache;
    private readonly SealedStore _store;
    private readonly CacheSealer _sealer;
    private readonly IEnumerable<CacheKind> _kinds;
    private readonly TimeProvider _clock;
    private readonly ILogger<SealedCache> _logger;
    private readonly ITimer _timer;

    public SealedCache(
        AgentCache cache, SealedStore store, CacheSealer sealer, IEnumerable<CacheKind> kinds, TimeProvider clock, ILogger<SealedCache> logger)
    {
        (_cache, _store, _sealer, _kinds, _clock, _logger) = (cache, store, sealer, kinds, clock, logger);
        _timer = clock.CreateTimer(_ => NoteReads(), null, ReadsAreNoted, ReadsAreNoted);
    }

    /// <summary>Puts back what was sealed; entries past their 72 h or their certificate's end are forgotten.</summary>
    /// <returns>How many entries came back.</returns>
    public int Restore()
    {
        var restored = 0;
        foreach (var entry in _store.Load())
        {
            if (TryRestore(entry.Payload.Span))
            {
                restored++;
            }
            else
            {
                _store.Remove(entry.Id);
            }
        }

        if (restored > 0)
        {
            _logger.Restored(restored);
        }

        return restored;
    }

    public void Dispose() => _timer.Dispose();

    // What no longer fits into the bounds is forgotten; it never stops the start.
    private bool TryRestore(ReadOnlySpan<byte> payload)
    {
        try
        {
            var head = JsonSerializer.Deserialize(payload, SealedHeadJson.Default.SealedHead);
            if (head is null || head.LastRead + CacheOptions.IdleLife <= _clock.GetUtcNow())
            {
                return false;
            }

            // The clock may have gone back meanwhile: nothing is younger than new (CACHE-27).
            var origin = new RestoredOrigin(head.Index, Since(head.FetchedAt), Since(head.LastRead));
            return _kinds.FirstOrDefault(kind => kind.Name == head.Kind)?.TryRestore(_cache, payload, origin) is true;
        }
        catch (ServerException error)
        {
            _logger.EntryUnreadable(error.Message);
            return false;
        }
        catch (JsonException error)
        {
            _logger.EntryUnreadable(error.GetType().Name);
            return false;
        }
    }

    private TimeSpan Since(DateTimeOffset time) => _clock.GetUtcNow() - time is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    private void NoteReads()
    {
        foreach (var entry in _cache.Entries.Where(entry => _clock.GetElapsedTime(entry.LastReadAt) < ReadsAreNoted))
        {
            _cache.WithLive(entry, _sealer.Stored);
        }
    }
}
