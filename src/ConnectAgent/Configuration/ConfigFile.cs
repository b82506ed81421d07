using System.Text.Json;
using ConnectAgent.Caching.Files;
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
        RequireThere(path);
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

        byte[] content;
        try
        {
            content = RegularFile.ReadAll(path, LargestFile);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"config: ReadFile failed on {path}: {error.Message}");
        }

        if (content.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        Merge(path, content, values);
    }

    /// <summary>The files that a path stands for: itself, or what is in a directory, in byte order and not recursively (LOAD-1).</summary>
    /// <exception cref="ConfigurationException">There is no such path, or it cannot be read.</exception>
    public static IReadOnlyList<string> FilesOf(string path)
    {
        if (!Directory.Exists(path))
        {
            RequireThere(path);
            return [path];
        }

        try
        {
            return [.. Directory.EnumerateFiles(path).Order(StringComparer.Ordinal)];
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"config: ReadFile failed on {path}: {error.Message}");
        }
    }

    private static void RequireThere(string path)
    {
        if (!Path.Exists(path))
        {
            throw new ConfigurationException($"config: Open failed on {path}. open {path}: no such file or directory");
        }
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
                $"failed to parse {path}: json: cannot unmarshal {NameOf(document.RootElement)} into Go value of type map[string]interface {{}}");
        }

        FileDecoding.Merge(path, document.RootElement, values);
    }

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

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
}
