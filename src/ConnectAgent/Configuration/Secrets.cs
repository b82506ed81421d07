using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace ConnectAgent.Configuration;

/// <summary>Shows values of the configuration without what is secret in them. What a key is called says whether it is; rather too much is hidden than too little.</summary>
internal static partial class Secrets
{
    /// <summary>What stands in the place of a secret.</summary>
    public const string Hidden = "<hidden>";

    // For people: only what JSON must escape is escaped.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    // Names end in these.
    private static readonly string[] Words =
    [
        "token", "tokens", "secret", "secret_id", "secretid", "password", "passphrase", "credential", "credentials", "private_key", "privatekey",
        "authorization", "cookie", "api_key", "apikey", "access_key", "access_key_id", "signing_key",

        // What is sent to a handler or to the target of a check: nobody can tell which of them is secret.
        "header",
    ];

    /// <summary>Shows a value.</summary>
    /// <param name="path">Of its key, with dots.</param>
    /// <param name="json">It.</param>
    /// <returns>On one line.</returns>
    public static string Show(string path, string json) => Rewrite(json, IsSecretPath(path), hides: true);

    /// <summary>The same with its secrets, to compare with another.</summary>
    public static string Compact(string json) => Rewrite(json, isSecret: false, hides: false);

    // Headers are named with dashes, keys of the wire in Camel.
    private static bool IsSecret(string name) => Array.Exists(Words, word =>
        name.EndsWith(word, StringComparison.OrdinalIgnoreCase) || name.Replace('-', '_').EndsWith(word, StringComparison.OrdinalIgnoreCase));

    private static string Rewrite(string json, bool isSecret, bool hides)
    {
        using var document = JsonDocument.Parse(json);
        var text = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(text, Options))
        {
            Write(writer, document.RootElement, isSecret, hides);
        }

        return Encoding.UTF8.GetString(text.WrittenSpan);
    }

    private static void Write(Utf8JsonWriter writer, JsonElement value, bool isSecret, bool hides)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.Object:
                writer.WriteStartObject();
                foreach (var field in value.EnumerateObject())
                {
                    writer.WritePropertyName(field.Name);
                    Write(writer, field.Value, isSecret || (hides && IsSecret(field.Name)), hides);
                }

                writer.WriteEndObject();
                break;
            case JsonValueKind.Array:
                writer.WriteStartArray();
                var isOfSecret = false;
                foreach (var item in value.EnumerateArray())
                {
                    // What follows an option, as --token, is its value.
                    Write(writer, item, isSecret || isOfSecret, hides);
                    isOfSecret = hides && item.ValueKind == JsonValueKind.String && item.GetString() is ['-', ..] option && IsSecret(option);
                }

                writer.WriteEndArray();
                break;
            case JsonValueKind.String when value.GetString() is { Length: > 0 } said && hides:
                writer.WriteStringValue(isSecret ? Hidden : WithoutSecrets(said));
                break;
            default:
                value.WriteTo(writer);
                break;
        }
    }

    /// <summary>The same of a text as it was written.</summary>
    public static string ShowText(string path, string text) => IsSecretPath(path) ? Hidden : WithoutSecrets(text);

    private static bool IsSecretPath(string path) => path.StartsWith("acl.tokens.", StringComparison.OrdinalIgnoreCase)
        || path.Equals("encrypt", StringComparison.OrdinalIgnoreCase) || path.Split('.', '[', ']').Any(IsSecret);

    // A password in an address, names with values as in an address or a line of a shell, a header of an HTTP request, and a credential as it stands in one.
    private static string WithoutSecrets(string text)
    {
        text = Login().Replace(text, $"${{scheme}}{Hidden}@");
        return new[] { Pair(), User(), Header(), Credential() }.Aggregate(text, static (shown, secret) => secret.Replace(shown, $"${{name}}{Hidden}"));
    }

    [GeneratedRegex("(?<scheme>[A-Za-z][A-Za-z0-9+.-]*://)[^/@\\s]+@", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Login();

    [GeneratedRegex("(?<name>[A-Za-z_-]*(secret|password|token|access_key|api[_-]?key)[A-Za-z_-]*['\"]?[=:] *['\"]?)[^\\s&,'\"]+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pair();

    [GeneratedRegex("(?<name>(^|\\s)(-u|--user|--proxy-user)[= ]*['\"]?[^\\s:'\"]+:)[^\\s'\"]+", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex User();

    [GeneratedRegex("(?<name>\\b(bearer|basic) +)[^\\s'\"]+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Credential();

    [GeneratedRegex("(?<name>(authorization|cookie)['\"]?[=:] *).+", RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Header();
}
