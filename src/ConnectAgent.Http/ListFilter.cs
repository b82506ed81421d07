using ConnectAgent.Caching;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.Http;

/// <summary>Compiles the filter of a list (http-conventions FLT-6, FLT-7).</summary>
internal static class ListFilter
{
    /// <summary>What can be asked about an entry of the cache.</summary>
    public static FilterSchema<CacheEntryView> CacheEntries { get; } = new FilterSchema<CacheEntryView>()
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

    /// <summary>Compiles an expression.</summary>
    /// <returns>Null for an empty one: everything passes.</returns>
    /// <exception cref="ServerException">400 with the reference's prefix; it is found in the work step (HDR-3).</exception>
    public static FilterExpression<T>? Compile<T>(string expression, FilterSchema<T> schema)
    {
        if (expression.Length == 0)
        {
            return null;
        }

        try
        {
            return FilterExpression<T>.Parse(expression, schema);
        }
        catch (FilterException error)
        {
            throw new ServerException(FailureKind.Invalid, FilterException.Prefix + error.Message) { Limit = error.Limit };
        }
    }
}
