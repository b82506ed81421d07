using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>Walks one document along the schema and collects what it says and what is wrong with it (config-and-cli LOAD-3 to LOAD-5).</summary>
internal sealed class FileDecoding
{
    private readonly List<(ConfigKey Key, JsonElement Value)> _found = [];
    private readonly List<string> _unknown = [];
    private readonly List<string> _mistyped = [];
    private readonly List<string> _inert = [];
    private readonly List<string> _guards = [];

    /// <summary>Merges a document into the values, all of it or nothing.</summary>
    /// <param name="path">The file's, for the errors.</param>
    /// <exception cref="ConfigurationException">Everything of one sort that is wrong, sorted.</exception>
    public static void Merge(string path, JsonElement document, ConfigValues values)
    {
        var decoding = new FileDecoding();
        decoding.Walk(document, AgentSchema.Root, string.Empty, isNoted: false);
        decoding.Require(path);
        foreach (var (key, value) in decoding._found)
        {
            key.Set!(values, value);
        }

        values.WithoutEffect.AddRange(decoding._inert);
    }

    private void Require(string path)
    {
        if (_mistyped.Count > 0)
        {
            _mistyped.Sort(StringComparer.Ordinal);
            throw new ConfigurationException(
                $"failed to parse {path}: {_mistyped.Count} error(s) decoding:\n\n" + string.Join('\n', _mistyped.Select(text => "* " + text)));
        }

        if (_unknown.Count > 0)
        {
            _unknown.Sort(StringComparer.Ordinal);
            throw new ConfigurationException(
                $"failed to parse {path}: " + ConfigurationException.List([.. _unknown.Select(key => "invalid config key " + key)]));
        }

        if (_guards.Count > 0)
        {
            throw new ConfigurationException(ConfigurationException.List([.. _guards.Select(key =>
                $"{key}: this agent cannot act on it, and without it more would get in than {path} says; take it out to start")]));
        }
    }

    private void Walk(JsonElement json, ConfigSchema schema, string prefix, bool isNoted)
    {
        foreach (var property in json.EnumerateObject())
        {
            var name = prefix + property.Name;
            if (schema.Find(property.Name) is not { } key)
            {
                _unknown.Add(name);
            }
            else if (property.Value.ValueKind != JsonValueKind.Null)
            {
                // A null is as good as an absent key.
                Take(key, name, Unwrap(key.Type, property.Value), isNoted);
            }
        }
    }

    private void Take(ConfigKey key, string name, JsonElement value, bool isNoted)
    {
        if (!Check(key.Type, name, value))
        {
            return;
        }

        var isNamed = !isNoted && !ConfigKey.AsksNothing(value);
        if (isNamed && key.Effect != KeyEffect.Acts)
        {
            (key.Effect == KeyEffect.Guards ? _guards : _inert).Add(name);
        }

        if (key.Set is not null)
        {
            _found.Add((key, value));
        }

        if (key.Inner is null)
        {
            return;
        }

        isNoted |= key.Effect != KeyEffect.Acts;
        if (key.Type == ConfigType.Object)
        {
            Walk(value, key.Inner, name + ".", isNoted);
            return;
        }

        var position = 0;
        foreach (var item in value.EnumerateArray())
        {
            var place = $"{name}[{position++}]";
            if (Check(ConfigType.Object, place, item))
            {
                Walk(item, key.Inner, place + ".", isNoted);
            }
        }
    }

    // A list of one stands for its object (LOAD-5).
    private static JsonElement Unwrap(ConfigType type, JsonElement value) =>
        type is ConfigType.Object or ConfigType.AnyObject or ConfigType.Map && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1
            ? value[0]
            : value;

    private bool Check(ConfigType type, string name, JsonElement value)
    {
        switch (type)
        {
            case ConfigType.Any:
                return true;
            case ConfigType.Object or ConfigType.AnyObject or ConfigType.Map when value.ValueKind != JsonValueKind.Object:
                _mistyped.Add($"'{name}' expected a map, got '{KindOf(value)}'");
                return false;
            case ConfigType.List or ConfigType.Objects or ConfigType.AnyObjects when value.ValueKind != JsonValueKind.Array:
                _mistyped.Add($"'{name}': source data must be an array or slice, got {KindOf(value)}");
                return false;
            case ConfigType.Map:
                return value.EnumerateObject().Aggregate(true, (holds, pair) => CheckText($"{name}[{pair.Name}]", pair.Value) && holds);
            case ConfigType.List:
                return value.EnumerateArray().Select((item, position) => CheckText($"{name}[{position}]", item)).Aggregate(true, (a, b) => a && b);
            case ConfigType.AnyObjects:
                return value.EnumerateArray().Select((item, position) => Check(ConfigType.AnyObject, $"{name}[{position}]", item))
                    .Aggregate(true, (a, b) => a && b);
            case ConfigType.Text:
                return Scalar(name, value, "string", value.ValueKind == JsonValueKind.String);
            case ConfigType.Flag:
                return Scalar(name, value, "bool", value.ValueKind is JsonValueKind.True or JsonValueKind.False);
            case ConfigType.Number:
                return Scalar(name, value, "int", value.ValueKind == JsonValueKind.Number && value.GetDouble() is > int.MinValue and < int.MaxValue);
            case ConfigType.Real:
                return Scalar(name, value, "float64", value.ValueKind == JsonValueKind.Number);
            default:
                return true;
        }
    }

    private bool CheckText(string name, JsonElement value) => value.ValueKind == JsonValueKind.Null || Check(ConfigType.Text, name, value);

    private bool Scalar(string name, JsonElement value, string expected, bool holds)
    {
        if (!holds)
        {
            _mistyped.Add($"'{name}' expected type '{expected}', got unconvertible type '{TypeOf(value)}', value: '{Shown(name, value)}'");
        }

        return holds;
    }

    // A secret of the wrong type is still a secret.
    private static string Shown(string name, JsonElement value) =>
        name.Contains("token", StringComparison.OrdinalIgnoreCase) || name.Contains("key", StringComparison.OrdinalIgnoreCase)
            ? "<hidden>"
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    // The reference's names of the JSON types, one by one and as kinds.
    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "[]interface {}",
        JsonValueKind.Object => "map[string]interface {}",
        _ => KindOf(value),
    };

    private static string KindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "slice",
        _ => "map",
    };
}
