using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ConnectAgent.Caching.Sealing;

/// <summary>What shall be on disk. Zeroes what the file gave as soon as it is replaced or removed. Not thread-safe: the store holds its lock.</summary>
internal sealed class SealedMap
{
    private readonly HashSet<ISealable> _live = new(ById.Instance);
    private readonly List<SealedEntry> _retired = [];

    // Ids removed before the file was read, whose old entries must not come back; null from then on.
    private HashSet<string>? _removedUnread = new(StringComparer.Ordinal);
    private bool _lent;

    /// <summary>Adds or replaces.</summary>
    public void Put(ISealable item)
    {
        Drop(item);
        _live.Add(item);
        _removedUnread?.Remove(item.Id);
    }

    /// <summary>Removes; before the file is read, also what it may hold.</summary>
    /// <returns>False when there is nothing to change on disk.</returns>
    public bool Remove(string id) => (_removedUnread?.Add(id) ?? false) | Drop(new SealedEntry(id, default));

    /// <summary>Takes over what the file held; what was put or removed before is newer and wins.</summary>
    public void Merge(IEnumerable<SealedEntry> entries)
    {
        var removed = _removedUnread;
        _removedUnread = null;
        foreach (var entry in entries)
        {
            if (removed?.Contains(entry.Id) == true || !_live.Add(entry))
            {
                Zero(entry);
            }
        }
    }

    /// <summary>What the file gave and nobody has replaced or removed since.</summary>
    public List<SealedEntry> Given() => [.. _live.OfType<SealedEntry>()];

    /// <summary>All of it, for the writer: until <see cref="Return"/> none of it is zeroed.</summary>
    public ISealable[] Lend()
    {
        _lent = true;
        return [.. _live];
    }

    public void Return()
    {
        _lent = false;
        _retired.ForEach(Zero);
        _retired.Clear();
    }

    public void Clear()
    {
        foreach (var entry in Given())
        {
            Zero(entry);
        }

        _live.Clear();
    }

    private static void Zero(SealedEntry entry) => CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(entry.Payload).Span);

    private bool Drop(ISealable item)
    {
        if (!_live.TryGetValue(item, out var held))
        {
            return false;
        }

        _live.Remove(held);
        if (held is SealedEntry entry && !ReferenceEquals(held, item))
        {
            if (_lent)
            {
                _retired.Add(entry);
            }
            else
            {
                Zero(entry);
            }
        }

        return true;
    }

    private sealed class ById : IEqualityComparer<ISealable>
    {
        public static ById Instance { get; } = new();

        public bool Equals(ISealable? x, ISealable? y) => ReferenceEquals(x, y) || x?.Id == y?.Id;

        public int GetHashCode(ISealable obj) => obj.Id.GetHashCode(StringComparison.Ordinal);
    }
}
