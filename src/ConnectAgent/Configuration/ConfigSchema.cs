using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>The keys of one object of the configuration: names, types, effect, and where the values go (config-and-cli section 2).</summary>
internal sealed class ConfigSchema
{
    private readonly Dictionary<string, ConfigKey> _keys = new(StringComparer.OrdinalIgnoreCase);

    private Action<ConfigValues, string, JsonElement>? _others;

    /// <summary>Every key that is listed.</summary>
    public IReadOnlyDictionary<string, ConfigKey> Keys => _keys;

    public ConfigKey? Find(string name) => _keys.GetValueOrDefault(name)
        ?? (_others is { } set ? new ConfigKey(ConfigType.Any, (values, json) => set(values, name, json), KeyEffect.Acts) : null);

    public ConfigSchema Text(string name, Action<ConfigValues, string> set, KeyEffect effect = KeyEffect.Acts) =>
        Add(name, new ConfigKey(ConfigType.Text, (values, json) => set(values, json.GetString()!), effect));

    public ConfigSchema Flag(string name, Action<ConfigValues, bool> set, KeyEffect effect = KeyEffect.Acts) =>
        Add(name, new ConfigKey(ConfigType.Flag, (values, json) => set(values, json.GetBoolean()), effect));

    public ConfigSchema Number(string name, Action<ConfigValues, int> set, KeyEffect effect = KeyEffect.Acts) =>
        Add(name, new ConfigKey(ConfigType.Number, (values, json) => set(values, (int)json.GetDouble()), effect));

    public ConfigSchema Real(string name, Action<ConfigValues, double> set) =>
        Add(name, new ConfigKey(ConfigType.Real, (values, json) => set(values, json.GetDouble()), KeyEffect.Acts));

    public ConfigSchema Map(string name, Func<ConfigValues, Dictionary<string, string>> target) =>
        Add(name, new ConfigKey(ConfigType.Map, (values, json) =>
        {
            foreach (var pair in json.EnumerateObject())
            {
                target(values)[pair.Name] = pair.Value.ToString();
            }
        }, KeyEffect.Acts));

    public ConfigSchema List(string name, Func<ConfigValues, List<string>> target) => Add(name, new ConfigKey(
        ConfigType.List, (values, json) => target(values).AddRange(json.EnumerateArray().Select(item => item.ToString())), KeyEffect.Acts));

    /// <summary>A value of any type, taken as it is.</summary>
    public ConfigSchema Json(string name, Action<ConfigValues, JsonElement> set) => Add(name, new ConfigKey(ConfigType.Any, set, KeyEffect.Acts));

    /// <summary>Objects that somebody else decodes.</summary>
    public ConfigSchema Documents(string name, Action<ConfigValues, JsonElement> set) =>
        Add(name, new ConfigKey(ConfigType.AnyObjects, set, KeyEffect.Acts));

    /// <summary>Takes all names that the schema does not list.</summary>
    public ConfigSchema Others(Action<ConfigValues, string, JsonElement> set)
    {
        _others = set;
        return this;
    }

    /// <summary>An object; its keys say what they do.</summary>
    public ConfigSchema Object(string name, ConfigSchema inner) => Add(name, new ConfigKey(ConfigType.Object, null, KeyEffect.Acts, inner));

    /// <summary>An object that as a whole has no effect.</summary>
    public ConfigSchema InertObject(string name, ConfigSchema inner) => Add(name, new ConfigKey(ConfigType.Object, null, KeyEffect.None, inner));

    /// <summary>A list of objects that as a whole has no effect.</summary>
    public ConfigSchema InertObjects(string name, ConfigSchema inner) => Add(name, new ConfigKey(ConfigType.Objects, null, KeyEffect.None, inner));

    /// <summary>Accepted, checked for type, without effect.</summary>
    public ConfigSchema Inert(ConfigType type, params ReadOnlySpan<string> names) => Add(type, KeyEffect.None, names);

    /// <summary>Accepted, checked for type; not acted on, so that a value that asks for something stops the start.</summary>
    public ConfigSchema Guards(ConfigType type, params ReadOnlySpan<string> names) => Add(type, KeyEffect.Guards, names);

    private ConfigSchema Add(ConfigType type, KeyEffect effect, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(name, new ConfigKey(type, null, effect));
        }

        return this;
    }

    private ConfigSchema Add(string name, ConfigKey key)
    {
        _keys.Add(name, key);
        return this;
    }
}
