using ConnectAgent.Caching.Inspection;
using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Http.CacheInspection;

/// <summary>The filter of the cache's entries (http-conventions FLT-6).</summary>
internal static class CacheEntryFilter
{
    /// <summary>What can be asked about an entry of the cache.</summary>
    public static FilterSchema<CacheEntryView> Schema { get; } = new FilterSchema<CacheEntryView>()
        .Text("Id", view => view.Id)
        .Text("Kind", view => view.Kind)
        .Text("Key", view => view.Key)
        .Text("Datacenter", view => view.Datacenter)
        .Text("Token", view => view.Token)
        .Text("State", view => view.State)
        .Number("Index", view => (long)view.Index)
        .Number("AgeSeconds", view => view.AgeSeconds)
        .Number("Hits", view => view.Hits)
        .Number("Misses", view => view.Misses)
        .Number("Waiters", view => view.Waiters)
        .Number("Refreshes", view => view.Refreshes)
        .Number("SizeBytes", view => view.SizeBytes);
}
