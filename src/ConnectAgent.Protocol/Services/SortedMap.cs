namespace ConnectAgent.Protocol.Services;

/// <summary>Small maps in the one form in which they are kept: sorted by key, so that equal ones are written alike, and without room to spare.</summary>
public static class SortedMap
{
    /// <summary>A map in that form; itself if it has it.</summary>
    public static IReadOnlyDictionary<string, T> Of<T>(IReadOnlyDictionary<string, T> map)
    {
        ArgumentNullException.ThrowIfNull(map);
        if (map.Count == 0)
        {
            return EmptyMap<T>.Instance;
        }

        if (map is SortedList<string, T> { Comparer: var comparer } && comparer == StringComparer.Ordinal)
        {
            return map;
        }

        SortedList<string, T> sorted = new(map.Count, StringComparer.Ordinal);
        foreach (var (key, value) in map)
        {
            sorted.Add(key, value);
        }

        return sorted;
    }
}
