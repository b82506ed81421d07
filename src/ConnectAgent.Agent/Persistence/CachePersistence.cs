using System.Buffers;
using System.Text.Json;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Agent.Leaves;
using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.Persistence;

/// <summary>
/// Seals what the cache holds at each change, and puts it back at the start: an agent that comes up while its servers are unreachable answers from
/// it at once, marked by <c>Age</c>, and goes back to refreshing when a server answers.
/// </summary>
internal sealed class CachePersistence : IDisposable
{
    // An entry that is read but never changes would seem idle in the file.
    private static readonly TimeSpan ReadsAreNoted = TimeSpan.FromHours(1);

    private readonly SealedStore _sealed;
    private readonly AgentCache _cache;
    private readonly RootsKind _roots;
    private readonly RevocationKind _revoked;
    private readonly LeafKind _leaves;
    private readonly IntentionMatchKind _matches;
    private readonly HealthKind _health;
    private readonly TimeProvider _clock;
    private readonly ILogger<CachePersistence> _logger;
    private readonly ITimer _timer;

    public CachePersistence(
        SealedStore store,
        AgentCache cache,
        RootsKind roots,
        RevocationKind revoked,
        LeafKind leaves,
        IntentionMatchKind matches,
        HealthKind health,
        TimeProvider clock,
        ILogger<CachePersistence> logger)
    {
        (_sealed, _cache, _roots, _revoked, _leaves, _matches, _health, _clock, _logger) =
            (store, cache, roots, revoked, leaves, matches, health, clock, logger);
        cache.Stored = Seal;
        cache.Removed = entry => _sealed.Remove(IdOf(entry.Key));
        _timer = clock.CreateTimer(_ => NoteReads(), null, ReadsAreNoted, ReadsAreNoted);
    }

    /// <summary>Puts back what was sealed; entries past their 72 h or their certificate's end are forgotten.</summary>
    /// <returns>How many entries came back.</returns>
    public int Restore()
    {
        var restored = 0;
        foreach (var entry in _sealed.Load())
        {
            if (TryRestore(entry.Payload))
            {
                restored++;
            }
            else
            {
                _sealed.Remove(entry.Id);
            }
        }

        if (restored > 0)
        {
            _logger.Restored(restored);
        }

        return restored;
    }

    public void Dispose() => _timer.Dispose();

    private static string IdOf(CacheKey key) => $"{key.Kind}\0{key.Datacenter}\0{key.Token.Length}\0{key.Token}\0{key.Request}";

    private TimeSpan Since(DateTimeOffset time) => _clock.GetUtcNow() - time is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;

    // What no longer fits into the bounds is forgotten; it never stops the start.
    private bool TryRestore(ReadOnlyMemory<byte> payload)
    {
        try
        {
            return Restore(payload);
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

    private bool Restore(ReadOnlyMemory<byte> payload)
    {
        var document = JsonSerializer.Deserialize(payload.Span, SealedJson.Default.SealedDocument);
        var now = _clock.GetUtcNow();
        if (document is null || document.LastRead + CacheOptions.IdleLife <= now)
        {
            return false;
        }

        // The clock may have gone back meanwhile: nothing is younger than new (CACHE-27).
        var origin = new RestoredOrigin(document.Index, Since(document.FetchedAt), Since(document.LastRead));
        switch (document)
        {
            case { Roots: { } roots } when document.Kind == _roots.Name:
                _cache.Restore(_roots, new RootsRequest(document.Datacenter, document.Token, document.Request), roots, origin);
                return true;
            case { Revoked: { } list } when document.Kind == _revoked.Name:
                _cache.Restore(_revoked, new RevocationRequest(document.Datacenter), RevocationLookup.Of(list), origin);
                return true;
            case { Leaf: { } leaf } when document.Kind == _leaves.Name && leaf.ValidBefore > now:
                _cache.Restore(
                    _leaves,
                    new LeafRequest(document.Datacenter, document.Token, document.Request),
                    leaf with { AuthorityKeyId = document.AuthorityKeyId ?? string.Empty },
                    origin);
                return true;
            case { Matches: { } matches, MatchNames: { } names } when document.Kind == _matches.Name && names.Count == matches.Count:
                _cache.Restore<MatchRequest, IReadOnlyList<IntentionMatch>>(
                    _matches,
                    new MatchRequest(document.Datacenter, document.Token, new MatchNames(document.MatchByDestination, names), document.Request),
                    [.. matches.Select(list => document.MatchByDestination ? IntentionMatch.ForDestination(list) : IntentionMatch.ForSource(list))],
                    origin);
                return true;
            case { Health: { } health, HealthQuestion: { } question } when document.Kind == _health.Name:
                _cache.Restore(
                    _health,
                    new HealthRequest(document.Datacenter, document.Token, question),
                    ServiceHealth.Parse(health, document.HealthIsFiltered),
                    origin);
                return true;
            default:
                return false;
        }
    }

    private void Seal(CacheEntry entry)
    {
        // What carries nothing, anybody can make: it must not fill the file, nor have it written again. Of the roots only the partition is sealed that
        // leaves depend on.
        if (entry.CarriesNothing)
        {
            _sealed.Remove(IdOf(entry.Key));
        }
        else
        {
            _sealed.Put(new Held(this, entry));
        }
    }

    private SealedDocument? Describe(CacheEntry entry)
    {
        var now = _clock.GetUtcNow();
        var (request, value, index, age) = entry.Content();
        var document = new SealedDocument
        {
            Kind = entry.Key.Kind,
            Datacenter = entry.Key.Datacenter,
            Token = entry.Key.Token,
            Index = index,
            FetchedAt = now - age,
            LastRead = now - _clock.GetElapsedTime(entry.LastReadAt),
            Request = string.Empty,
        };
        return (request, value) switch
        {
            (RootsRequest asked, CaRoots roots) => document with { Request = asked.Filter, Roots = roots },
            (RevocationRequest, RevocationLookup revoked) => document with { Revoked = revoked.List },
            (LeafRequest asked, LeafCertificate leaf) =>
                document with { Request = asked.Service, Leaf = leaf, AuthorityKeyId = leaf.AuthorityKeyId },
            (MatchRequest asked, IReadOnlyList<IntentionMatch> matches) => document with
            {
                Request = asked.Spelling,
                MatchNames = asked.Names.Names,
                MatchByDestination = asked.Names.ByDestination,
                Matches = [.. matches.Select(match => match.Intentions)],
            },
            (HealthRequest asked, ServiceHealth health) =>
                document with { HealthQuestion = asked.Question, Health = health.Json, HealthIsFiltered = health.IsFiltered },
            _ => null,
        };
    }

    private void NoteReads()
    {
        foreach (var entry in _cache.Entries.Where(entry => _clock.GetElapsedTime(entry.LastReadAt) < ReadsAreNoted))
        {
            _cache.WithLive(entry, Seal);
        }
    }

    /// <summary>An entry, described as it is when the file is written.</summary>
    private sealed class Held(CachePersistence owner, CacheEntry entry) : ISealable
    {
        public string Id => IdOf(entry.Key);

        public bool TryRender(IBufferWriter<byte> payload)
        {
            if (owner.Describe(entry) is not { } document)
            {
                return false;
            }

            using var writer = new Utf8JsonWriter(payload);
            JsonSerializer.Serialize(writer, document, SealedJson.Default.SealedDocument);
            return true;
        }
    }
}

/// <summary>Where a restored value comes from.</summary>
/// <param name="Index">The index it had.</param>
/// <param name="Age">Since a server last said so.</param>
/// <param name="Idle">Since it was last read.</param>
internal readonly record struct RestoredOrigin(ulong Index, TimeSpan Age, TimeSpan Idle);
