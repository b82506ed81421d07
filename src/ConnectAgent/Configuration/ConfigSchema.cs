using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>The keys of one object of the configuration: names, types and where the values go (config-and-cli section 2).</summary>
internal sealed class ConfigSchema
{
    private readonly Dictionary<string, ConfigKey> _keys = new(StringComparer.OrdinalIgnoreCase);

    private Action<ConfigValues, string, JsonElement>? _others;

    public ConfigKey? Find(string name) => _keys.GetValueOrDefault(name)
        ?? (_others is { } set ? new ConfigKey("any", JsonValueKind.Undefined, (values, json) => set(values, name, json)) : null);

    public ConfigSchema Text(string name, Action<ConfigValues, string> set) =>
        Add(name, new ConfigKey("string", JsonValueKind.String, (values, json) => set(values, json.GetString()!)));

    public ConfigSchema Flag(string name, Action<ConfigValues, bool> set) =>
        Add(name, new ConfigKey("bool", JsonValueKind.True, (values, json) => set(values, json.GetBoolean())));

    public ConfigSchema Number(string name, Action<ConfigValues, int> set) =>
        Add(name, new ConfigKey("int", JsonValueKind.Number, (values, json) => set(values, (int)json.GetDouble())));

    public ConfigSchema Real(string name, Action<ConfigValues, double> set) =>
        Add(name, new ConfigKey("float64", JsonValueKind.Number, (values, json) => set(values, json.GetDouble())));

    public ConfigSchema Map(string name, Func<ConfigValues, Dictionary<string, string>> target) =>
        Add(name, new ConfigKey("map[string]string", JsonValueKind.Object, (values, json) =>
        {
            foreach (var pair in json.EnumerateObject())
            {
                target(values)[pair.Name] = pair.Value.ToString();
            }
        }));

    public ConfigSchema List(string name, Func<ConfigValues, List<string>> target) =>
        Add(name, new ConfigKey("slice", JsonValueKind.Array, (values, json) => target(values).AddRange(
            json.ValueKind == JsonValueKind.Array ? json.EnumerateArray().Select(item => item.ToString()) : [json.ToString()])));

    /// <summary>A value of any type, taken as it is.</summary>
    public ConfigSchema Json(string name, Action<ConfigValues, JsonElement> set) => Add(name, new ConfigKey("any", JsonValueKind.Undefined, set));

    /// <summary>Takes all names that the schema does not list.</summary>
    public ConfigSchema Others(Action<ConfigValues, string, JsonElement> set)
    {
        _others = set;
        return this;
    }

    public ConfigSchema Object(string name, ConfigSchema inner) => Add(name, new ConfigKey("map", JsonValueKind.Object, null, inner));

    /// <summary>Accepted, checked for type, without effect.</summary>
    public ConfigSchema Inert(string type, params ReadOnlySpan<string> names)
    {
        var kind = type switch
        {
            "string" => JsonValueKind.String,
            "bool" => JsonValueKind.True,
            "int" => JsonValueKind.Number,
            "list" => JsonValueKind.Array,
            "map" => JsonValueKind.Object,
            _ => JsonValueKind.Undefined,
        };
        foreach (var name in names)
        {
            Add(name, new ConfigKey(type, kind, (_, _) => { }));
        }

        return this;
    }

    private ConfigSchema Add(string name, ConfigKey key)
    {
        _keys.Add(name, key);
        return this;
    }
}

/// <summary>One key.</summary>
/// <param name="TypeName">As error texts show it.</param>
/// <param name="Kind">The JSON kind; <see cref="JsonValueKind.True"/> stands for both booleans, Undefined for anything.</param>
/// <param name="Set">Takes the value; null for an object with keys of its own.</param>
/// <param name="Inner">The keys of an object.</param>
internal sealed record ConfigKey(string TypeName, JsonValueKind Kind, Action<ConfigValues, JsonElement>? Set, ConfigSchema? Inner = null)
{
    public bool Accepts(JsonElement value) => Kind switch
    {
        JsonValueKind.Undefined => true,
        JsonValueKind.True => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        JsonValueKind.Number => value.ValueKind == JsonValueKind.Number && value.GetDouble() is > int.MinValue and < int.MaxValue,

        // A single value stands for a list of one (LOAD-5).
        JsonValueKind.Array => value.ValueKind is JsonValueKind.Array or JsonValueKind.String or JsonValueKind.Object,
        _ => value.ValueKind == Kind,
    };
}
