using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>The <c>Config</c> map as JSON text: comparing it, and keeping its secrets to itself (ca CA-24, CA-26, CA-35).</summary>
internal static class CaConfigMap
{
    /// <summary>Stands for a secret in an answer, and for "as it is" in a request.</summary>
    public const string Hidden = "hidden";

    private static readonly JsonWriterOptions Options = new() { Encoder = GoJsonEncoder.Instance };

    // Without underscores and case: the key, Vault's token, and the secrets of auth methods.
    private static readonly HashSet<string> Secrets = new(StringComparer.OrdinalIgnoreCase)
    {
        "PrivateKey", "Token", "SecretId", "Password", "Jwt", "SecretKey", "SecretAccessKey", "AccessKey", "ClientSecret", "SharedSecret",
    };

    /// <summary>Deeply equal; numbers by their value, whatever their spelling.</summary>
    public static bool AreEqual(string left, string right)
    {
        using var a = JsonDocument.Parse(left);
        using var b = JsonDocument.Parse(right);
        return JsonElement.DeepEquals(a.RootElement, b.RootElement);
    }

    /// <summary>The map with every secret hidden.</summary>
    public static string Hide(string configuration)
    {
        var map = JsonNode.Parse(configuration);
        Walk(map, static (_, value) => value.Length == 0 ? null : Hidden, []);
        return Write(map);
    }

    /// <summary>The map with what is stored in place of every secret that says hidden.</summary>
    public static string Reveal(string configuration, string stored)
    {
        var map = JsonNode.Parse(configuration);
        var source = JsonNode.Parse(stored);
        Walk(map, (path, value) => value == Hidden ? Find(source, path) : null, []);
        return Write(map);
    }

    private static void Walk(JsonNode? node, Func<IReadOnlyList<string>, string, string?> replace, List<string> path)
    {
        if (node is JsonArray array)
        {
            for (var i = 0; i < array.Count; i++)
            {
                path.Add(i.ToString(System.Globalization.CultureInfo.InvariantCulture));
                Walk(array[i], replace, path);
                path.RemoveAt(path.Count - 1);
            }
        }

        if (node is not JsonObject map)
        {
            return;
        }

        foreach (var (name, value) in map.ToList())
        {
            path.Add(name);
            if (value is JsonValue scalar && scalar.TryGetValue<string>(out var text) && Secrets.Contains(Plain(name)))
            {
                if (replace(path, text) is { } other)
                {
                    map[name] = other;
                }
            }
            else
            {
                Walk(value, replace, path);
            }

            path.RemoveAt(path.Count - 1);
        }
    }

    private static string? Find(JsonNode? node, IReadOnlyList<string> path)
    {
        foreach (var step in path)
        {
            node = node switch
            {
                JsonArray array => array.ElementAtOrDefault(int.Parse(step, System.Globalization.CultureInfo.InvariantCulture)),
                JsonObject map => map[step] ?? map.FirstOrDefault(pair => string.Equals(pair.Key, step, StringComparison.OrdinalIgnoreCase)).Value,
                _ => null,
            };
        }

        return node is JsonValue value && value.TryGetValue<string>(out var text) ? text : null;
    }

    private static string Plain(string name) => name.Replace("_", string.Empty, StringComparison.Ordinal);

    private static string Write(JsonNode? node)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, Options))
        {
            (node ?? new JsonObject()).WriteTo(writer);
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
