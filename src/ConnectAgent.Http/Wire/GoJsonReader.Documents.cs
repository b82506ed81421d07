using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Http.Wire;

/// <content>Values that are kept as they are. The reference reads each number of one into a double, so one beyond that is refused.</content>
internal ref partial struct GoJsonReader
{
    /// <summary>Of what is kept as it is: what is stored must be readable again, and no body may exhaust the stack.</summary>
    [Limit(DocumentDepthLimit, "levels", "refused: 400", Refuses = true)]
    private const int DeepestDocument = 60;

    private const string DocumentDepthLimit = "http.body_document_depth";

    /// <summary>The whole document as it is, taken to its end; null for <c>null</c>. For bodies whose shape another field tells.</summary>
    /// <exception cref="GoJsonException">It is nested deeper than any document of ours, or a number in it is beyond a double.</exception>
    public JsonNode? Document()
    {
        Advance();
        var document = Node("Go value");
        End();
        return document;
    }

    /// <summary>
    /// The field's object as JSON text: names sorted, of a repeated one the last, numbers as written. Null for a JSON null and for another type.
    /// </summary>
    public string? JsonObject(string goField) => IsObject($"Go struct field {goField} of type map[string]interface {{}}")
        ? FreeMapType.Sorted(ObjectNode($"Go struct field {goField}"))!.ToJsonString(DocumentText.Options)
        : null;

    private JsonNode? Node(string goTarget)
    {
        if (_reader.CurrentDepth >= DeepestDocument)
        {
            throw TooDeep(DocumentDepthLimit);
        }

        switch (_reader.TokenType)
        {
            case JsonTokenType.StartObject:
                return ObjectNode(goTarget);
            case JsonTokenType.StartArray:
                var list = new JsonArray();
                while (NextElement())
                {
                    list.Add(Node(goTarget));
                }

                return list;
            case JsonTokenType.String:
                return JsonValue.Create(GoJsonText.Read(ref _reader));
            case JsonTokenType.Number:
                if (!_reader.TryGetDouble(out var number) || !double.IsFinite(number))
                {
                    MismatchNumber(goTarget + " of type float64");
                    return null;
                }

                return JsonNode.Parse(_reader.ValueSpan);
            case JsonTokenType.True or JsonTokenType.False:
                return JsonValue.Create(_reader.GetBoolean());
            default:
                return null;
        }
    }

    // The last of a repeated name counts (BODY-2), in its place, because another spelling of it may stand between.
    private JsonObject ObjectNode(string goTarget)
    {
        List<KeyValuePair<string, JsonNode?>> fields = [];
        Dictionary<string, int> last = new(StringComparer.Ordinal);
        while (NextField())
        {
            var name = Name;
            last[name] = fields.Count;
            fields.Add(KeyValuePair.Create(name, Node(goTarget)));
        }

        return new JsonObject(fields.Where((field, i) => last[field.Key] == i));
    }

    private static GoJsonException TooDeep(string limit) => new("exceeded max depth") { Limit = limit };
}
