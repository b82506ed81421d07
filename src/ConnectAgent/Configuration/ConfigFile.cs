using System.Text.Json;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Configuration;

/// <summary>Reads one JSON file into the merged values (config-and-cli LOAD-2 to LOAD-5).</summary>
internal static class ConfigFile
{
    [Limit("start.config_file", "bytes", "the start fails and names the file")]
    private const int LargestFile = 8 * 1024 * 1024;

    /// <summary>Reads a file. Only names in <c>.json</c> are read; an empty file is skipped.</summary>
    /// <exception cref="ConfigurationException">With the text of LOAD-2, LOAD-3 or LOAD-4; nothing is merged then.</exception>
    public static void Read(string path, ConfigValues values)
    {
        byte[] content;
        try
        {
            var file = new FileInfo(path);
            if (file is { Exists: true, Length: > LargestFile })
            {
                throw new ConfigurationException($"config: ReadFile failed on {path}: larger than {LargestFile} bytes");
            }

            content = File.ReadAllBytes(path);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ConfigurationException($"config: Open failed on {path}. open {path}: no such file or directory");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"config: ReadFile failed on {path}: {error.Message}");
        }

        if (path.EndsWith(".hcl", StringComparison.Ordinal))
        {
            throw new ConfigurationException($"failed to parse {path}: HCL is not supported yet, write the configuration as JSON");
        }

        if (!path.EndsWith(".json", StringComparison.Ordinal))
        {
            values.Warnings.Add(
                $"skipping file {path}, extension must be .hcl or .json, or config format must be set");
            return;
        }

        if (content.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        Merge(path, content, values);
    }

    /// <summary>Merges the content of a file; nothing is merged when it is refused.</summary>
    /// <exception cref="ConfigurationException">As for <see cref="Read"/>.</exception>
    internal static void Merge(string path, byte[] content, ConfigValues values)
    {
        using var document = Parse(path, content);
        if (document.RootElement.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException(
                $"failed to parse {path}: 1 error(s) decoding:\n\n* '' expected a map, got '{TypeOf(document.RootElement)}'");
        }

        List<string> unknown = [], mistyped = [];
        List<(ConfigKey Key, JsonElement Value)> found = [];
        Walk(document.RootElement, AgentSchema.Root, string.Empty, found, unknown, mistyped);
        if (mistyped.Count > 0)
        {
            mistyped.Sort(StringComparer.Ordinal);
            throw new ConfigurationException(
                $"failed to parse {path}: {mistyped.Count} error(s) decoding:\n\n" + string.Join('\n', mistyped.Select(text => "* " + text)));
        }

        if (unknown.Count > 0)
        {
            unknown.Sort(StringComparer.Ordinal);
            throw new ConfigurationException($"failed to parse {path}: "
                + ConfigurationException.List([.. unknown.Select(key => "invalid config key " + key)]));
        }

        foreach (var (key, value) in found)
        {
            key.Set!(values, value);
        }
    }

    private static JsonDocument Parse(string path, byte[] content)
    {
        try
        {
            var broken = JsonTexts.FindBroken(content);
            return broken < 0
                ? JsonDocument.Parse(content)
                : throw new ConfigurationException($"failed to parse {path}: a text in line {1 + content.AsSpan(0, (int)broken).Count((byte)'\n')} is not Unicode");
        }
        catch (JsonException error)
        {
            var atEnd = error.BytePositionInLine is not null && IsAtEnd(content, error);
            throw new ConfigurationException(
                $"failed to parse {path}: {(atEnd ? "unexpected end of JSON input" : $"invalid JSON in line {error.LineNumber + 1}")}");
        }
    }

    private static bool IsAtEnd(byte[] content, JsonException error)
    {
        var reader = new Utf8JsonReader(content, isFinalBlock: false, default);
        try
        {
            while (reader.Read())
            {
            }

            return true;
        }
        catch (JsonException)
        {
            return error.LineNumber is null;
        }
    }

    private static void Walk(
        JsonElement json,
        ConfigSchema schema,
        string prefix,
        List<(ConfigKey Key, JsonElement Value)> found,
        List<string> unknown,
        List<string> mistyped)
    {
        foreach (var property in json.EnumerateObject())
        {
            var name = prefix + property.Name;
            if (schema.Find(property.Name) is not { } key)
            {
                unknown.Add(name);
                continue;
            }

            // A null is as good as an absent key; a list of one stands for its object (LOAD-5).
            var value = property.Value;
            if (value.ValueKind == JsonValueKind.Null)
            {
                continue;
            }

            if (key.Inner is not null && value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 1)
            {
                value = value[0];
            }

            if (!key.Accepts(value))
            {
                mistyped.Add($"'{name}' expected type '{key.TypeName}', got unconvertible type '{TypeOf(value)}', value: '{Shown(name, value)}'");
            }
            else if (key.Inner is not null)
            {
                Walk(value, key.Inner, name + ".", found, unknown, mistyped);
            }
            else
            {
                found.Add((key, value));
            }
        }
    }

    // A secret of the wrong type is still a secret.
    private static string Shown(string name, JsonElement value) =>
        name.Contains("token", StringComparison.OrdinalIgnoreCase) || name.Contains("key", StringComparison.OrdinalIgnoreCase)
            ? "<hidden>"
            : value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    // The reference's names of the JSON types.
    private static string TypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => "string",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        JsonValueKind.Array => "[]interface {}",
        _ => "map[string]interface {}",
    };
}
