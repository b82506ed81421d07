using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>One field: its name as it is shown, and what it holds.</summary>
/// <param name="Name">In the reference's CamelCase; input may also spell it in snake_case, and both in any letter case.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Always">Shown even if empty.</param>
internal sealed record ConfigField(string Name, ConfigType Type, bool Always = false);

/// <summary>An object with known fields, in the order in which they are shown. A list of objects is merged.</summary>
internal sealed class ObjectType : ConfigType
{
    /// <summary>What is said of a namespace behind its name.</summary>
    public const string NoNamespaces = ", namespaces are a consul enterprise feature";

    private readonly ConfigField[] _fields;
    private readonly RecordType<JsonNode?[]> _record;

    public ObjectType(params ConfigField[] fields)
    {
        _fields = fields;
        _record = new RecordType<JsonNode?[]>(() => new JsonNode?[fields.Length]).Refused("Namespace", NoNamespaces);
        for (var i = 0; i < fields.Length; i++)
        {
            _record.Add(new Slot(i, fields[i]), SnakeOf(fields[i].Name));
        }
    }

    public IReadOnlyList<ConfigField> Fields => _fields;

    public override JsonNode? Empty => Build(new JsonNode?[_fields.Length]);

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) =>
        value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 0 ? null
        : _record.TryRead(value, decoding, out var values) ? Build(values)
        : null;

    private JsonObject Build(JsonNode?[] values)
    {
        var shown = new JsonObject();
        for (var i = 0; i < values.Length; i++)
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

    // The last of a repeated name counts, however it is spelled (http-conventions BODY-2), and be it empty.
    private sealed class Slot(int at, ConfigField field) : SchemaField<JsonNode?[]>(field.Name)
    {
        public override JsonNode?[] Take(JsonNode?[] target, JsonElement value, SchemaDecoding decoding)
        {
            target[at] = value.ValueKind != JsonValueKind.Null && field.Type.TryRead(value, decoding, out var read) ? read : null;
            return target;
        }
    }
}
