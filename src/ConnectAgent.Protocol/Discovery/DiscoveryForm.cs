using System.Buffers;
using System.Text.Json;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Protocol.Discovery;

/// <summary>The form of an answer of the catalog: where its items are, and whose they are.</summary>
public sealed class DiscoveryForm
{
    /// <summary>Instances with their node and their checks (services HLT-1).</summary>
    public static readonly DiscoveryForm Health = new(string.Empty, static entry => ReadInstance(entry, ChecksOf(entry)));

    /// <summary>Instances on one level with their node (services DATA-7).</summary>
    public static readonly DiscoveryForm Instances = new(string.Empty, static entry => (Name(entry, "Node"), Name(entry, "ServiceName"), true));

    /// <summary>The result of a prepared query, whose nodes are instances; their checks may be null (services PQ-4).</summary>
    public static readonly DiscoveryForm Query = new("Nodes", static entry => ReadInstance(entry, checks: null));

    /// <summary>An object whose keys are names of services (services CAT-11).</summary>
    public static readonly DiscoveryForm Services = new(null, static _ => throw new InvalidOperationException("its items are members"));

    /// <summary>A list of texts that everybody may see (services CAT-9).</summary>
    public static readonly DiscoveryForm Names = new(string.Empty, static entry => entry.ValueKind == JsonValueKind.String
        ? (string.Empty, string.Empty, true)
        : throw new JsonException("a name is no text"));

    private static readonly JsonWriterOptions Compact = new() { Encoder = GoJsonEncoder.Instance, SkipValidation = true };

    // Of the member that is the list; empty: the document is it; null: it is an object of items.
    private readonly string? _list;
    private readonly Func<JsonElement, (string Node, string Service, bool IsPassing)> _read;
    private readonly string _whole;

    private DiscoveryForm(string? list, Func<JsonElement, (string Node, string Service, bool IsPassing)> read, string whole = "") =>
        (_list, _read, _whole) = (list, read, whole);

    /// <summary>An object that is seen as a whole.</summary>
    /// <param name="member">What it must have: an object, too.</param>
    public static DiscoveryForm Whole(string member) => new(null, static _ => default, member);

    /// <summary>Takes an answer apart.</summary>
    /// <exception cref="JsonException">It has another form; also an item that does not say whose it is, for nobody could tell who may see it.</exception>
    internal DiscoveryList Read(JsonElement root, bool isFiltered)
    {
        if (_list is { Length: 0 })
        {
            return DiscoveryList.Of(ItemsIn(root), isFiltered);
        }

        if (root.ValueKind != JsonValueKind.Object)
        {
            throw new JsonException("it is no object");
        }

        if (_whole.Length > 0)
        {
            Member(root, _whole, JsonValueKind.Object);
            return DiscoveryList.Of(Text(root.WriteTo), default, [], isFiltered);
        }

        return _list is null
            ? DiscoveryList.Of("{"u8.ToArray(), "}"u8.ToArray(), root.EnumerateObject().Select(ReadService), isFiltered)
            : ReadAround(root, Member(root, _list, JsonValueKind.Array), _list, isFiltered);
    }

    private DiscoveryList ReadAround(JsonElement root, JsonElement list, string name, bool isFiltered)
    {
        List<byte> head = [(byte)'{'];
        List<byte> tail = [(byte)']'];
        var isBefore = true;
        foreach (var member in root.EnumerateObject())
        {
            var part = isBefore ? head : tail;
            if (part.Count > 1 || !isBefore)
            {
                part.Add((byte)',');
            }

            if (isBefore && member.NameEquals(name))
            {
                part.AddRange(Text(writer => writer.WriteStringValue(name)).Span);
                part.AddRange(":["u8);
                isBefore = false;
            }
            else
            {
                part.AddRange(TextOf(member).Span);
            }
        }

        tail.Add((byte)'}');
        return DiscoveryList.Of(head.ToArray(), tail.ToArray(), ItemsIn(list), isFiltered);
    }

    private IEnumerable<DiscoveryItem> ItemsIn(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray().Select(entry =>
        {
            var (node, service, isPassing) = _read(entry);
            return new DiscoveryItem(node, service, isPassing, Text(entry.WriteTo));
        })
        : throw new JsonException("it is no list");

    private static DiscoveryItem ReadService(JsonProperty member) => member is { Name.Length: > 0, Value.ValueKind: JsonValueKind.Array }
        ? new DiscoveryItem(string.Empty, member.Name, IsPassing: true, TextOf(member))
        : throw new JsonException("it is no list of tags by the names of services");

    private static (string Node, string Service, bool IsPassing) ReadInstance(JsonElement entry, JsonElement? checks) => (
        Name(Member(entry, "Node", JsonValueKind.Object), "Node"),
        Name(Member(entry, "Service", JsonValueKind.Object), "Service"),
        checks is not { } each || each.EnumerateArray()
            .Select(static check => Member(check, "Status", JsonValueKind.String).ValueEquals("passing"u8)).ToList().TrueForAll(static passes => passes));

    private static JsonElement ChecksOf(JsonElement entry) => Member(entry, "Checks", JsonValueKind.Array);

    // Who it is decides who may see it, so a nameless one is none.
    private static string Name(JsonElement of, string name) => Member(of, name, JsonValueKind.String).GetString() is { Length: > 0 } text
        ? text
        : throw new JsonException($"'{name}' is empty");

    private static JsonElement Member(JsonElement of, string name, JsonValueKind kind) =>
        of.ValueKind == JsonValueKind.Object && of.TryGetProperty(name, out var member) && member.ValueKind == kind
            ? member
            : throw new JsonException($"an item without '{name}'");

    private static ReadOnlyMemory<byte> TextOf(JsonProperty member)
    {
        var name = Text(writer => writer.WriteStringValue(member.Name));
        var value = Text(member.Value.WriteTo);
        return (byte[])[.. name.Span, (byte)':', .. value.Span];
    }

    private static ReadOnlyMemory<byte> Text(Action<Utf8JsonWriter> write)
    {
        var json = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(json, Compact))
        {
            write(writer);
        }

        return json.WrittenMemory;
    }
}
