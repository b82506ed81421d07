using System.Collections.Concurrent;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.State;

namespace ConnectAgent.Http.Health;

/// <summary>The health of services as it was rendered last, each by the name that it was asked for with.</summary>
internal sealed class HealthViews(StateStore store)
{
    [Limit("health.rendered", "bytes", "all are dropped and rendered again")]
    private const long MostBytes = 64 * 1024 * 1024;
    [Limit("health.rendered_name", "characters", "it is looked up on the general path, with the same answer")]
    private const int LongestName = 128;

    private readonly ConcurrentDictionary<string, HealthView> _held = new(StringComparer.Ordinal);
    private readonly Lock[] _gates = [.. Enumerable.Range(0, 32).Select(static _ => new Lock())];
    private long _bytes;
    private long _rendered;

    /// <summary>How often something was rendered.</summary>
    public long Rendered => Volatile.Read(ref _rendered);

    /// <summary>What is there and holds now; null for nothing. Makes nothing.</summary>
    public HealthView? Find(ServiceSelection selects, ReadOnlySpan<char> name)
    {
        if (name.Length is 0 or > LongestName)
        {
            return null;
        }

        Span<char> key = stackalloc char[LongestName + 1];
        key[0] = MarkOf(selects);
        name.CopyTo(key[1..]);
        return _held.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(key[..(name.Length + 1)], out var view) && view.Holds(store.Current) ? view : null;
    }

    /// <summary>By what the health of a service is found here.</summary>
    public static string KeyOf(ServiceQuery query) => MarkOf(query.Selects) + query.Name;

    /// <summary>What a state answers. Of those who need it at once one renders it.</summary>
    /// <param name="state">At that moment.</param>
    /// <param name="query">Which service.</param>
    /// <param name="key">Of the query.</param>
    public HealthView Of(StateSnapshot state, ServiceQuery query, string key)
    {
        if (_held.TryGetValue(key, out var view) && view.Holds(state))
        {
            return view;
        }

        lock (_gates[(uint)key.GetHashCode(StringComparison.Ordinal) % (uint)_gates.Length])
        {
            if (_held.TryGetValue(key, out var before) && before.Holds(state))
            {
                return before;
            }

            AccessRequest? right = query.Selects == ServiceSelection.Instances ? null : new(AclResource.Service, query.Name, AclAccess.Read);
            view = new HealthView(state, CatalogReads.Health(state, query), right, before);
            Interlocked.Increment(ref _rendered);
            Hold(key, view, before);
            return view;
        }
    }

    // A reader of an older state must not take the place of a newer one's; nothing is kept of services that are not there.
    private void Hold(string key, HealthView view, HealthView? before)
    {
        if (view.Instances.Count == 0 ? before is null : before?.Index > view.Index || key.Length > LongestName)
        {
            return;
        }

        if (view.Instances.Count == 0)
        {
            _held.TryRemove(key, out _);
        }
        else
        {
            _held[key] = view;
        }

        var bytes = (view.Instances.Count == 0 ? 0 : view.Size) - (before?.Size ?? 0);
        if (Interlocked.Add(ref _bytes, bytes) > MostBytes)
        {
            _held.Clear();
            Interlocked.Exchange(ref _bytes, 0);
        }
    }

    private static char MarkOf(ServiceSelection selects) => selects switch
    {
        ServiceSelection.Connect => 'c',
        ServiceSelection.Ingress => 'i',
        _ => 's',
    };
}
