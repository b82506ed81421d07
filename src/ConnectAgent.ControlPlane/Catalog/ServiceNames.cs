using System.Collections.Immutable;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Catalog;

/// <summary>The names of all services with their tags (services CAT-11). Who reads them again pays for the services that have changed only.</summary>
internal sealed class ServiceNames
{
    private Listed _last = new(SecondRows.Empty.Keys, new Dictionary<string, Named>(StringComparer.Ordinal), []);

    /// <summary>All of a state, in ordinal order of the names.</summary>
    public IReadOnlyList<ServiceTags> Of(StateSnapshot state)
    {
        var last = Volatile.Read(ref _last);
        var keys = state.By(CatalogTables.ByName).Keys;
        if (ReferenceEquals(last.Keys, keys))
        {
            return last.All;
        }

        Dictionary<string, Named> named = new(keys.Count, StringComparer.Ordinal);
        List<ServiceTags> all = new(keys.Count);
        foreach (var (key, rows) in keys)
        {
            if (!last.Named.TryGetValue(key, out var known) || known.Index != rows.Index)
            {
                known = new Named(rows.Index, Of(state.FindBySecond(CatalogTables.ByName, key)));
            }

            named.Add(key, known);
            all.AddRange(known.Services);
        }

        all.Sort(static (one, other) => string.CompareOrdinal(one.Name, other.Name));
        Volatile.Write(ref _last, new Listed(keys, named, all));
        return all;
    }

    /// <summary>Those of some instances.</summary>
    public static IReadOnlyList<ServiceTags> Of(IEnumerable<CatalogService> rows) =>
        [.. rows.GroupBy(static row => row.Service.Name, StringComparer.Ordinal)
            .Select(static one => new ServiceTags(one.Key, [.. one.SelectMany(static row => row.Service.Tags).Distinct(StringComparer.Ordinal)]))
            .OrderBy(static one => one.Name, StringComparer.Ordinal)];

    private sealed record Listed(ImmutableSortedDictionary<string, RowKeys> Keys, Dictionary<string, Named> Named, IReadOnlyList<ServiceTags> All);

    private readonly record struct Named(ulong Index, IReadOnlyList<ServiceTags> Services);
}

/// <summary>A service's name with the tags of all its instances, each once.</summary>
internal sealed record ServiceTags(string Name, IReadOnlyList<string> Tags);
