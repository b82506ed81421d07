using System.Text;
using System.Text.Json.Nodes;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>One field: its name as it is shown, and what it holds.</summary>
/// <param name="Name">In the reference's CamelCase; input may also spell it in snake_case, and both in any letter case.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Always">Shown even if empty.</param>
internal sealed record ConfigField(string Name, ConfigType Type, bool Always = false);

/// <summary>An object with known fields, in the order in which they are shown. A list of objects is merged.</summary>
internal sealed class ObjectType : ConfigType
{
    private readonly ConfigField[] _fields;
    private readonly Dictionary<string, int> _byName = new(StringComparer.OrdinalIgnoreCase);

    public ObjectType(params ConfigField[] fields)
    {
        _fields = fields;
        for (var i = 0; i < fields.Length; i++)
        {
            _byName[fields[i].Name] = i;
            _byName[SnakeOf(fields[i].Name)] = i;
        }
    }

    public IReadOnlyList<ConfigField> Fields => _fields;

    public override JsonNode? Empty => Build(new JsonNode?[_fields.Length]);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        if (value is null or JsonArray { Count: 0 })
        {
            return null;
        }

        var values = new JsonNode?[_fields.Length];
        foreach (var part in Parts(value))
        {
            if (part is not JsonObject given)
            {
                decoding.NoMap(path, KindOf(part));
                continue;
            }

            foreach (var (key, inner) in given)
            {
                var at = path.Length == 0 ? key : $"{path}.{key}";
                if (_byName.TryGetValue(key, out var i))
                {
                    // The last of a repeated name counts, however it is spelled (http-conventions BODY-2).
                    at = path.Length == 0 ? _fields[i].Name : $"{path}.{_fields[i].Name}";
                    values[i] = _fields[i].Type.Decode(inner, at, decoding);
                }
                else
                {
                    decoding.Unknown(at, key.Equals("Namespace", StringComparison.OrdinalIgnoreCase));
                }
            }
        }

        return Build(values);
    }

    /// <summary>A map may come as a list of maps, as the reference's own configuration language makes them.</summary>
    internal static IEnumerable<JsonNode?> Parts(JsonNode? value) => value switch
    {
        null => Enumerable.Empty<JsonNode?>(),
        JsonArray { Count: > 0 } list when list.All(element => element is JsonObject) => list,
        _ => Enumerable.Repeat<JsonNode?>(value, 1),
    };

    private JsonObject Build(JsonNode?[] values)
    {
        var shown = new JsonObject();
        for (var i = 0; i < _fields.Length; i++)
        {
            if (values[i] is not null || _fields[i].Always)
            {
                shown.Add(_fields[i].Name, values[i] ?? _fields[i].Type.Empty);
            }
        }

        return shown;
    }

    // PathExact is path_exact, ExternalSNI external_sni, CAFile ca_file, HTTP http.
    private static string SnakeOf(string name)
    {
        var snake = new StringBuilder();
        for (var i = 0; i < name.Length; i++)
        {
            var startsWord = i > 0 && char.IsAsciiLetterUpper(name[i])
                && (!char.IsAsciiLetterUpper(name[i - 1]) || (i + 1 < name.Length && char.IsAsciiLetterLower(name[i + 1])));
            if (startsWord)
            {
                snake.Append('_');
            }

            snake.Append(name[i]);
        }

        return snake.ToString();
    }
}
