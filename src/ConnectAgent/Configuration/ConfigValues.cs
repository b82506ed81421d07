namespace ConnectAgent.Configuration;

/// <summary>What files and flags said, merged (config-and-cli LOAD-6). <see cref="AgentConfiguration"/> is made of it. May hold tokens and keys: never printed.</summary>
internal sealed class ConfigValues
{
    private readonly Dictionary<ConfigKey, object> _said = [];

    /// <summary>Keys and flags that are set and have no effect.</summary>
    public List<string> WithoutEffect { get; } = [];

    /// <summary>Notes for the log, once it is there.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The value of a key, completed and checked.</summary>
    /// <exception cref="ConfigurationException">It is bad.</exception>
    public T Of<T>(ConfigKey<T> key) => key.Bind(_said.GetValueOrDefault(key));

    /// <summary>Whether a key was set.</summary>
    public bool Has(ConfigKey key) => _said.ContainsKey(key);

    /// <summary>Takes what a file or flag says; later wins, lists append.</summary>
    public void Merge(ConfigKey key, object value) => _said[key] = _said.TryGetValue(key, out var before) ? ConfigKey.Merge(before, value) : value;

    /// <summary>Takes a value in the place of all that was said; null for none.</summary>
    public ConfigValues Set(ConfigKey key, object? value)
    {
        _said.Remove(key);
        if (value is not null)
        {
            _said.Add(key, value);
        }

        return this;
    }
}
