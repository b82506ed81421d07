using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace ConnectAgent.Agent.Persistence;

/// <summary>What shall be on disk. Owns its payloads and zeroes those that it lets go. Not thread-safe: the store holds its lock.</summary>
internal sealed class SealedMap
{
    private readonly Dictionary<string, byte[]> _live = new(StringComparer.Ordinal);
    private readonly List<byte[]> _retired = [];

    // Ids removed before the file was read, whose old entries must not come back; null from then on.
    private HashSet<string>? _removedUnread = new(StringComparer.Ordinal);
    private long _recordBytes;
    private bool _lent;

    /// <summary>Whether the entry is within the bounds, alone and with the others.</summary>
    public bool Fits(string id, int payload)
    {
        var replaced = _live.TryGetValue(id, out var old) ? SealedFormat.RecordSize(id, old.Length) : 0;
        return SealedFormat.PlainSize(id, payload) <= SealedFormat.MaxEntry
            && SealedFormat.FileSize(_recordBytes - replaced + SealedFormat.RecordSize(id, payload)) <= SealedFormat.MaxFile;
    }

    /// <summary>Adds or replaces; takes the payload over.</summary>
    /// <returns>False when it was there already.</returns>
    public bool Put(string id, byte[] payload)
    {
        if (_live.TryGetValue(id, out var old) && old.AsSpan().SequenceEqual(payload))
        {
            CryptographicOperations.ZeroMemory(payload);
            return false;
        }

        Drop(id);
        _live.Add(id, payload);
        _recordBytes += SealedFormat.RecordSize(id, payload.Length);
        _removedUnread?.Remove(id);
        return true;
    }

    /// <summary>Removes; before the file is read, also what it may hold.</summary>
    /// <returns>False when there is nothing to change on disk.</returns>
    public bool Remove(string id) => (_removedUnread?.Add(id) ?? false) | Drop(id);

    /// <summary>Takes over what the file held and zeroes it; what was put or removed before is newer and wins.</summary>
    public void Merge(IEnumerable<SealedEntry> entries)
    {
        var removed = _removedUnread;
        _removedUnread = null;
        foreach (var (id, payload) in entries)
        {
            if (removed?.Contains(id) != true && !_live.ContainsKey(id) && Fits(id, payload.Length))
            {
                Put(id, payload.ToArray());
            }

            CryptographicOperations.ZeroMemory(MemoryMarshal.AsMemory(payload).Span);
        }
    }

    /// <summary>Copies for a reader who keeps them.</summary>
    public List<SealedEntry> Copy() => _live.Select(entry => new SealedEntry(entry.Key, entry.Value.ToArray())).ToList();

    /// <summary>The entries themselves, for the writer: until <see cref="Return"/> none of them is zeroed.</summary>
    public KeyValuePair<string, byte[]>[] Lend()
    {
        _lent = true;
        return [.. _live];
    }

    public void Return()
    {
        _lent = false;
        _retired.ForEach(payload => CryptographicOperations.ZeroMemory(payload));
        _retired.Clear();
    }

    public void Clear()
    {
        foreach (var id in _live.Keys)
        {
            Drop(id);
        }
    }

    private bool Drop(string id)
    {
        if (!_live.Remove(id, out var payload))
        {
            return false;
        }

        _recordBytes -= SealedFormat.RecordSize(id, payload.Length);
        if (_lent)
        {
            _retired.Add(payload);
        }
        else
        {
            CryptographicOperations.ZeroMemory(payload);
        }

        return true;
    }
}
