using System.Text.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>The keys of one object of the configuration: names, types and effects (config-and-cli section 2).</summary>
internal sealed class ConfigSchema
{
    private readonly RecordType<List<SaidValue>> _record = new(static () => []);
    private readonly Dictionary<string, ConfigField> _keys = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Every key that is listed.</summary>
    public IReadOnlyDictionary<string, ConfigField> Keys => _keys;

    /// <summary>Reads an object.</summary>
    public IEnumerable<SaidValue> Read(JsonElement value, FileDecoding decoding) => _record.TryRead(value, decoding, out var said) ? said : [];

    /// <summary>Adds keys with their paths; the objects in between are made.</summary>
    public ConfigSchema Add(IEnumerable<ConfigKey> keys)
    {
        foreach (var key in keys)
        {
            var steps = key.Path.Split('.');
            var schema = steps.SkipLast(1).Aggregate(this, (outer, name) => outer._keys.GetValueOrDefault(name)?.Inner ?? outer.Child(name));
            schema.Add(new ConfigField(steps[^1], key.Effect) { Type = key.Type, Key = key, Inner = key.Inner });
        }

        return this;
    }

    /// <summary>An object; its keys say what they do.</summary>
    public ConfigSchema Object(string name, ConfigSchema inner) => Add(new ConfigField(name, KeyEffect.Acts) { Inner = inner });

    /// <summary>An object that as a whole has no effect.</summary>
    public ConfigSchema InertObject(string name, ConfigSchema inner) => Add(new ConfigField(name, KeyEffect.None) { Inner = inner });

    /// <summary>A list of objects that as a whole has no effect.</summary>
    public ConfigSchema InertObjects(string name, ConfigSchema inner) => Add(new ConfigField(name, KeyEffect.None) { Inner = inner, IsList = true });

    /// <summary>Accepted, checked for type, without effect.</summary>
    public ConfigSchema Inert(SchemaType<object> type, params ReadOnlySpan<string> names) => Add(type, KeyEffect.None, names);

    /// <summary>Accepted, checked for type; not acted on, so that a value that asks for something stops the start.</summary>
    public ConfigSchema Guards(SchemaType<object> type, params ReadOnlySpan<string> names) => Add(type, KeyEffect.Guards, names);

    private ConfigSchema Child(string name)
    {
        var child = new ConfigSchema();
        Object(name, child);
        return child;
    }

    private ConfigSchema Add(SchemaType<object> type, KeyEffect effect, ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            Add(new ConfigField(name, effect) { Type = type });
        }

        return this;
    }

    private ConfigSchema Add(ConfigField field)
    {
        _keys.Add(field.Name, field);
        _record.Add(field);
        return this;
    }
}
