namespace ConnectAgent.Configuration;

/// <summary>What files and flags said, merged (config-and-cli LOAD-6). <see cref="AgentConfiguration"/> is made of it. May hold tokens and keys: never printed.</summary>
internal sealed class ConfigValues
{
    private readonly Dictionary<ConfigKey, object> _said = [];
    private readonly Dictionary<ConfigKey, List<SaidPart>> _parts = [];

    /// <summary>Keys and flags that are set and have no effect.</summary>
    public List<UnusedValue> WithoutEffect { get; } = [];

    /// <summary>The files that were read, in their order; not those that were skipped.</summary>
    public List<string> Files { get; } = [];

    /// <summary>Notes for the log, once it is there.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The value of a key, completed and checked.</summary>
    /// <exception cref="ConfigurationException">It is bad.</exception>
    public T Of<T>(ConfigKey<T> key) => key.Bind(_said.GetValueOrDefault(key));

    /// <summary>The same, of any key.</summary>
    /// <exception cref="ConfigurationException">It is bad.</exception>
    public object? Complete(ConfigKey key) => key.Complete(_said.GetValueOrDefault(key));

    /// <summary>Whether a key was set.</summary>
    public bool Has(ConfigKey key) => _said.ContainsKey(key);

    /// <summary>What was said of a key and counts, part by part, with its sources.</summary>
    public IReadOnlyList<SaidPart> PartsOf(ConfigKey key)
    {
        var said = _parts.GetValueOrDefault(key) ?? [];
        return key.Shape == ValueShape.Map ? [.. said.GroupBy(static part => part.Name, StringComparer.Ordinal).Select(static parts => parts.Last())] : said;
    }

    /// <summary>Takes what a file or flag says; later wins, lists append.</summary>
    /// <param name="key">What it is said of.</param>
    /// <param name="value">As the key's type reads it.</param>
    /// <param name="parts">As it was said; null where nobody asks.</param>
    public void Merge(ConfigKey key, object value, IReadOnlyList<SaidPart>? parts = null)
    {
        _said[key] = _said.TryGetValue(key, out var before) ? ConfigKey.Merge(before, value) : value;
        if (key.Shape == ValueShape.Scalar || !_parts.TryGetValue(key, out var said))
        {
            _parts[key] = said = [];
        }

        said.AddRange(parts ?? []);
    }

    /// <summary>Takes a value in the place of all that was said; null for none.</summary>
    /// <param name="key">Whose.</param>
    /// <param name="value">As the key's type reads it.</param>
    /// <param name="parts">As it was said; null where nobody asks.</param>
    public ConfigValues Set(ConfigKey key, object? value, IReadOnlyList<SaidPart>? parts = null)
    {
        _said.Remove(key);
        _parts.Remove(key);
        if (value is not null)
        {
            Merge(key, value, parts);
        }

        return this;
    }
}

/// <summary>A key or flag that is set and has no effect.</summary>
/// <param name="Path">As it is written.</param>
/// <param name="Json">Its value.</param>
/// <param name="Source">Where it stands.</param>
internal readonly record struct UnusedValue(string Path, string Json, ConfigSource Source);
