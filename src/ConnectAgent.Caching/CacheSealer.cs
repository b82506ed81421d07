using System.Buffers;
using ConnectAgent.Caching.Sealing;

namespace ConnectAgent.Caching;

/// <summary>
/// Seals what the cache holds at each change. What carries nothing is not sealed: anybody can have it made, so it must neither fill the file nor have
/// it written again. Of what shares a value, only the partition that others depend on carries something.
/// </summary>
internal sealed class CacheSealer(SealedStore store, ICacheGate gate, TimeProvider clock) : ICacheObserver
{
    public void Stored(CacheEntry entry)
    {
        if (entry.CarriesNothing || !gate.MayOutlive(entry.Request))
        {
            Removed(entry);
        }
        else
        {
            store.Put(new Held(entry, clock));
        }
    }

    public void Removed(CacheEntry entry) => store.Remove(entry.Key.Identity);

    /// <summary>An entry, described as it is when the file is written.</summary>
    private sealed class Held(CacheEntry entry, TimeProvider clock) : ISealable
    {
        public string Id => entry.Key.Identity;

        public bool TryRender(IBufferWriter<byte> payload) => entry.TrySeal(payload, clock);
    }
}
