using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Cli.Framework;
using ConnectAgent.Protocol.Hcl;

namespace ConnectAgent.Cli.Services;

/// <summary>Services in files of an agent, in the form in which the API takes them.</summary>
internal static class ServiceFiles
{
    // Their names are the operator's.
    private static readonly string[] Maps = ["Meta", "Config", "TaggedAddresses", "Header"];

    // A block of HCL is a list of one.
    private static readonly string[] Objects =
    [
        "Check", "Weights", "Connect", "SidecarService", "Proxy", "MeshGateway", "Expose", "TransparentProxy", "Locality", .. Maps,
    ];

    private static readonly string[] Abbreviations = ["id", "http", "tcp", "udp", "ttl", "grpc", "tls"];

    /// <summary>Reads the services of files, or of the files of folders.</summary>
    /// <exception cref="CommandFailure">A file cannot be read.</exception>
    public static List<JsonElement> Read(IReadOnlyList<string> paths) =>
    [
        .. paths.SelectMany(static path => Directory.Exists(path) ? (IEnumerable<string>)Directory.EnumerateFiles(path).Order(StringComparer.Ordinal) : [path]).SelectMany(OfFile),
    ];

    private static IEnumerable<JsonElement> OfFile(string path)
    {
        JsonElement document;
        try
        {
            document = JsonElement.Parse(HclJson.Convert(Encoding.UTF8.GetString(InputFile.Read(path, "Error: "))));
        }
        catch (HclException error)
        {
            throw new CommandFailure($"Error: failed to parse {path}: {error.Message}");
        }

        foreach (var field in document.EnumerateObject().Where(static field => field.Name.ToLowerInvariant() is "service" or "services"))
        {
            foreach (var service in field.Value.ValueKind == JsonValueKind.Array ? field.Value.EnumerateArray() : Enumerable.Repeat(field.Value, 1))
            {
                yield return JsonElement.Parse(Named(service).ToJsonString());
            }
        }
    }

    private static JsonObject Named(JsonElement given)
    {
        JsonObject named = [];
        foreach (var field in given.EnumerateObject().Where(static field => field.Value.ValueKind != JsonValueKind.Null))
        {
            var name = NameOf(field.Name);
            var value = Objects.Contains(name) && field.Value is { ValueKind: JsonValueKind.Array } blocks && blocks.GetArrayLength() == 1 ? blocks[0] : field.Value;
            named[name] = Maps.Contains(name) ? MapOf(value, isWithin: name == "TaggedAddresses") : NodeOf(value);
        }

        return named;
    }

    private static JsonNode? NodeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => Named(value),
        JsonValueKind.Array => new JsonArray([.. value.EnumerateArray().Select(NodeOf)]),
        _ => JsonNode.Parse(value.GetRawText()),
    };

    private static JsonNode? MapOf(JsonElement map, bool isWithin)
    {
        if (!isWithin || map.ValueKind != JsonValueKind.Object)
        {
            return JsonNode.Parse(map.GetRawText());
        }

        JsonObject named = [];
        foreach (var field in map.EnumerateObject())
        {
            named[field.Name] = NodeOf(field.Value is { ValueKind: JsonValueKind.Array } blocks && blocks.GetArrayLength() == 1 ? blocks[0] : field.Value);
        }

        return named;
    }

    private static string NameOf(string name) => string.Concat(name.Split('_').Select(static part =>
        Abbreviations.Contains(part.ToLowerInvariant()) ? part.ToUpperInvariant()
        : part.Length == 0 ? part
        : char.ToUpper(part[0], CultureInfo.InvariantCulture) + part[1..]));
}
