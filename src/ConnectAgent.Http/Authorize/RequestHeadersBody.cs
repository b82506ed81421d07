using System.Text.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Authorize;

/// <summary>
/// The headers in the body of an authorize call: an object, name to text, or to a list of texts. A name that comes again, in whatever case, was sent again.
/// Null is no header.
/// </summary>
internal sealed class RequestHeadersBody : SchemaType<IReadOnlyList<KeyValuePair<string, string>>>
{
    /// <summary>Names and values of all headers together, in characters.</summary>
    [Limit("authorize.header_length", "characters", "refused: 400", Refuses = true)]
    public const int LongestHeaders = 64 * 1024;

    /// <summary>Header values in all.</summary>
    [Limit("authorize.headers", "headers", "refused: 400", Refuses = true)]
    public const int MostHeaders = 1000;

    public static RequestHeadersBody Schema { get; } = new();

    public override IReadOnlyList<KeyValuePair<string, string>> Empty => [];

    /// <inheritdoc/>
    /// <exception cref="GoJsonException">The headers are over their bounds, or no headers.</exception>
    public override bool TryRead(JsonElement value, SchemaDecoding decoding, out IReadOnlyList<KeyValuePair<string, string>> read)
    {
        List<KeyValuePair<string, string>> headers = [];
        read = headers;
        if (decoding.ObjectsOf(value, "of type map[string][]string") is not [var map])
        {
            return false;
        }

        var length = 0;
        foreach (var property in decoding.PropertiesOf(map))
        {
            var name = property.Name;
            if (property.Value.ValueKind != JsonValueKind.Array)
            {
                Add(headers, ref length, name, property.Value, decoding);
                continue;
            }

            foreach (var item in property.Value.EnumerateArray())
            {
                Add(headers, ref length, name, item, decoding);
            }
        }

        return true;
    }

    private static void Add(List<KeyValuePair<string, string>> headers, ref int length, string name, JsonElement given, SchemaDecoding decoding)
    {
        if (given.ValueKind == JsonValueKind.Null || !decoding.TryText(given, out var value))
        {
            return;
        }

        if (!FieldText.IsName(name))
        {
            throw new GoJsonException($"no header may have the name {GoQuote.Of(name[..Math.Min(name.Length, 64)])}");
        }

        if (!FieldText.IsValue(value))
        {
            throw new GoJsonException($"a control character in the header {name}");
        }

        length += name.Length + value.Length;
        if (headers.Count == MostHeaders || length > LongestHeaders)
        {
            throw new GoJsonException($"more than {MostHeaders} headers or {LongestHeaders} characters in them")
            {
                Limit = headers.Count == MostHeaders ? "authorize.headers" : "authorize.header_length",
            };
        }

        headers.Add(new(name, value));
    }
}
