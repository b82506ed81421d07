using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>The keys of one feature, a row each: name, type, default and bounds; <see cref="AgentKeys"/> knows all tables.</summary>
/// <param name="prefix">What all begin with, with its dot.</param>
internal sealed class KeyTable(string prefix = "")
{
    private readonly List<ConfigKey> _keys = [];

    public IReadOnlyList<ConfigKey> Keys => _keys;

    /// <summary>A text.</summary>
    public ConfigKey<string?> Text(string name, KeyEffect effect = KeyEffect.Acts) => Add(new ConfigKey<string?>(prefix + name, ConfigTypes.Text, Same<string?>, effect));

    /// <summary>True or false; null where nothing is said, because the default depends on other keys.</summary>
    public ConfigKey<bool?> Flag(string name, KeyEffect effect = KeyEffect.Acts) => Add(new ConfigKey<bool?>(prefix + name, ConfigTypes.Flag, Same<bool?>, effect));

    /// <summary>True or false.</summary>
    public ConfigKey<bool> Flag(string name, bool fallback) =>
        Add(new ConfigKey<bool>(prefix + name, ConfigTypes.Flag, (_, said) => said is bool flag ? flag : fallback));

    /// <summary>A whole number.</summary>
    public ConfigKey<int?> Number(string name, KeyEffect effect = KeyEffect.Acts) => Add(new ConfigKey<int?>(prefix + name, ConfigTypes.Number, Same<int?>, effect));

    /// <summary>A whole number above zero.</summary>
    public ConfigKey<long> Positive(string name, long fallback) =>
        Add(new ConfigKey<long>(prefix + name, ConfigTypes.Number, (key, said) => said is int number ? ConfigChecks.Positive(key, number) : fallback));

    /// <summary>A number with a fraction.</summary>
    public ConfigKey<double?> Real(string name) => Add(new ConfigKey<double?>(prefix + name, ConfigTypes.Real, Same<double?>));

    /// <summary>A duration; what is not positive is the default.</summary>
    public ConfigKey<TimeSpan> Duration(string name, TimeSpan fallback, KeyEffect effect = KeyEffect.Acts) =>
        Bound(name, (key, text) => ConfigChecks.Duration(key, text, fallback), effect);

    /// <summary>A text that means something.</summary>
    /// <param name="name">Of the key.</param>
    /// <param name="bind">Takes the key and the text, which is null where nothing is said.</param>
    /// <param name="effect">What it does.</param>
    public ConfigKey<T> Bound<T>(string name, Func<string, string?, T> bind, KeyEffect effect = KeyEffect.Acts) =>
        Add(new ConfigKey<T>(prefix + name, ConfigTypes.Text, (key, said) => bind(key, (string?)said), effect));

    /// <summary>Texts.</summary>
    public ConfigKey<IReadOnlyList<string>> Texts(string name) => Texts(name, static (_, text) => text);

    /// <summary>Texts that mean something, one by one.</summary>
    public ConfigKey<IReadOnlyList<T>> Texts<T>(string name, Func<string, string, T> bind) => Add(new ConfigKey<IReadOnlyList<T>>(
        prefix + name, ConfigTypes.List, (key, said) => [.. ((List<string>?)said ?? []).Select(text => bind(key, text))])
    { Shape = ValueShape.List });

    /// <summary>Texts by name.</summary>
    public ConfigKey<Dictionary<string, string>> Map(string name) => Map(name, static map => map);

    /// <summary>Texts by name that mean something.</summary>
    public ConfigKey<Dictionary<string, string>> Map(string name, Func<Dictionary<string, string>, Dictionary<string, string>> bind) =>
        Add(new ConfigKey<Dictionary<string, string>>(prefix + name, ConfigTypes.Map, (_, said) => bind((Dictionary<string, string>?)said ?? [])) { Shape = ValueShape.Map });

    /// <summary>A value of a type of its own.</summary>
    public ConfigKey<T> Other<T>(
        string name, SchemaType<object> type, T fallback, ConfigSchema? inner = null, KeyEffect effect = KeyEffect.Acts, ValueShape shape = ValueShape.Scalar) =>
        Add(new ConfigKey<T>(prefix + name, type, (_, said) => said is T value ? value : fallback, effect) { Inner = inner, Shape = shape });

    /// <summary>Keys that have a flag and no effect; they are checked for type, and nobody asks for their values.</summary>
    public KeyTable Inert(SchemaType<object> type, params ReadOnlySpan<(string Name, string Flag)> keys)
    {
        foreach (var (name, flag) in keys)
        {
            Other<object?>(name, type, fallback: null, effect: KeyEffect.None, shape: type == ConfigTypes.List ? ValueShape.List : ValueShape.Scalar).WithFlag(flag, AgentKeys.InertFlag);
        }

        return this;
    }

    private static T? Same<T>(string key, object? said) => (T?)said;

    private ConfigKey<T> Add<T>(ConfigKey<T> key)
    {
        _keys.Add(key);
        return key;
    }
}
