using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace ConnectAgent.TestKit.Recordings;

/// <summary>Compares an answer with a recorded one: what any run makes anew compares by kind, all else exactly.</summary>
public static partial class AnswerComparison
{
    private static readonly string[] ByValue =
    [
        "Content-Type", "X-Cache", "X-Consul-Default-Acl-Policy", "X-Consul-Knownleader", "X-Consul-Effective-Consistency",
        "X-Consul-Query-Backend", "Allow",
    ];

    private static readonly string[] ByPresence = ["X-Consul-Index", "X-Consul-Lastcontact", "Age", "X-Consul-Contenthash"];
    private static readonly HashSet<string> ByKind =
        ["CreateIndex", "ModifyIndex", "Index", "SerialNumber", "Hash", "Port", "port", "wan_join_port"];

    public static string? Headers(
        JsonObject expected, IReadOnlyDictionary<string, string> actual, bool trimmed, IReadOnlyCollection<string> more)
    {
        Dictionary<string, string> recorded = new(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in expected)
        {
            recorded[name] = (string)value!;
        }

        foreach (var name in ByValue.Concat(ByPresence))
        {
            var isRecorded = recorded.TryGetValue(name, out var wanted);
            var isThere = actual.TryGetValue(name, out var found);
            if (more.Contains(name))
            {
                if (!isThere)
                {
                    return $"header {name} is missing";
                }
            }
            else if (isRecorded != isThere && !(trimmed && !isRecorded))
            {
                return $"header {name} is {(isThere ? $"there ({found})" : $"missing (recorded: {wanted})")}";
            }
            else if (isRecorded && ByValue.Contains(name) && wanted != found)
            {
                return $"header {name} is {found} instead of {wanted}";
            }
        }

        return null;
    }

    public static string? Text(string expected, string actual) =>
        Normalize(expected) == Normalize(actual) ? null : $"text {actual} instead of {expected}";

    public static string? Json(JsonNode? expected, string actual)
    {
        try
        {
            return Json(expected, JsonNode.Parse(actual), "$", null);
        }
        catch (JsonException error)
        {
            return $"no JSON: {error.Message}: {actual}";
        }
    }

    /// <summary>Replaces by its kind what any run makes anew.</summary>
    public static string Normalize(string text)
    {
        text = Pem().Replace(text, "<$1>");
        text = Uuid().Replace(text, "<uuid>");
        text = Time().Replace(text, "<time>");
        text = Fingerprint().Replace(text, "<hex>");
        text = AuthorityName().Replace(text, "<ca>");
        text = ResetIndex().Replace(text, "<index>");
        return Address().Replace(text, "<address>");
    }

    private static string? Json(JsonNode? expected, JsonNode? actual, string at, string? key)
    {
        if (expected?.GetValueKind() != actual?.GetValueKind() && !(IsBoolean(expected) && IsBoolean(actual)))
        {
            return $"{at} is {Shown(actual)} instead of {Shown(expected)}";
        }

        return (expected, actual) switch
        {
            (null, null) => null,
            (JsonObject wanted, JsonObject found) => Object(wanted, found, at),
            (JsonArray wanted, JsonArray found) => Array(wanted, found, at, key),
            _ => Value(expected!.AsValue(), actual!.AsValue(), at, key),
        };
    }

    private static string? Object(JsonObject expected, JsonObject actual, string at)
    {
        var missing = expected.Select(pair => pair.Key).Except(actual.Select(pair => pair.Key)).ToList();
        var extra = actual.Select(pair => pair.Key).Except(expected.Select(pair => pair.Key)).ToList();
        if (missing.Count + extra.Count > 0)
        {
            return $"{at} lacks [{string.Join(", ", missing)}] and has [{string.Join(", ", extra)}] on top";
        }

        return expected.Select(pair => Json(pair.Value, actual[pair.Key], $"{at}.{pair.Key}", pair.Key)).FirstOrDefault(found => found is not null);
    }

    private static string? Array(JsonArray expected, JsonArray actual, string at, string? key)
    {
        if (expected.Count != actual.Count)
        {
            return $"{at} has {actual.Count} elements instead of {expected.Count}";
        }

        // Roots are ordered by a random ID: they are a set.
        IEnumerable<JsonNode?> wanted = expected, found = actual;
        if (key == "Roots")
        {
            wanted = expected.OrderBy(Rank, StringComparer.Ordinal);
            found = actual.OrderBy(Rank, StringComparer.Ordinal);
        }

        return wanted.Zip(found).Select((pair, i) => Json(pair.First, pair.Second, $"{at}[{i}]", key)).FirstOrDefault(text => text is not null);
    }

    private static string? Value(JsonValue expected, JsonValue actual, string at, string? key)
    {
        if (key is not null && ByKind.Contains(key))
        {
            return null;
        }

        var same = expected.GetValueKind() switch
        {
            JsonValueKind.String => Normalize((string)expected!) == Normalize((string)actual!),
            JsonValueKind.Number => double.Parse(expected.ToJsonString(), CultureInfo.InvariantCulture)
                .Equals(double.Parse(actual.ToJsonString(), CultureInfo.InvariantCulture)),
            _ => expected.ToJsonString() == actual.ToJsonString(),
        };
        return same ? null : $"{at} is {Shown(actual)} instead of {Shown(expected)}";
    }

    private static string Rank(JsonNode? root) => $"{root?["Active"]} {root?["PrivateKeyType"]} {root?["PrivateKeyBits"]} {root?["Name"]}";

    private static bool IsBoolean(JsonNode? node) => node?.GetValueKind() is JsonValueKind.True or JsonValueKind.False;

    private static string Shown(JsonNode? node) => node?.ToJsonString() ?? "null";

    [GeneratedRegex("-----BEGIN ([A-Z ]+)-----[^-]+-----END [A-Z ]+-----")]
    private static partial Regex Pem();

    [GeneratedRegex("[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}")]
    private static partial Regex Uuid();

    [GeneratedRegex(@"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z|[+-]\d\d:\d\d)?")]
    private static partial Regex Time();

    [GeneratedRegex("(?<![0-9a-f:])[0-9a-f]{2}(:[0-9a-f]{2}){4,}(?![0-9a-f:])")]
    private static partial Regex Fingerprint();

    [GeneratedRegex("(pri|sec)-[0-9a-z]{1,8}")]
    private static partial Regex AuthorityName();

    [GeneratedRegex(@"(?<=reset index: )\d+")]
    private static partial Regex ResetIndex();

    [GeneratedRegex(@"127\.0\.0\.1:\d+")]
    private static partial Regex Address();
}
