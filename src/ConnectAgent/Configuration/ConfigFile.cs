using System.Text;
using System.Text.Json;
using ConnectAgent.Caching.Files;
using ConnectAgent.Protocol.Hcl;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Configuration;

/// <summary>Reads one file, HCL or JSON, into the merged values (config-and-cli LOAD-2 to LOAD-5).</summary>
internal static class ConfigFile
{
    [Limit("start.config_file", "bytes", "the start fails and names the file")]
    internal const int LargestFile = 8 * 1024 * 1024;

    private static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads a file. Only names in <c>.json</c> and <c>.hcl</c> are read, unless the format is said; an empty file is skipped.</summary>
    /// <param name="path">The file's.</param>
    /// <param name="values">Where it is merged.</param>
    /// <param name="format">Of all files; null: their names say it (LOAD-1).</param>
    /// <exception cref="ConfigurationException">With the text of LOAD-2, LOAD-3 or LOAD-4; nothing is merged then.</exception>
    public static void Read(string path, ConfigValues values, ConfigFormat? format = null)
    {
        RequireThere(path);
        format ??= ConfigFormats.OfName(path);
        if (format is null)
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

        values.Files.Add(path);
        if (content.AsSpan().IndexOfAnyExcept(" \t\r\n"u8) < 0)
        {
            return;
        }

        Merge(path, content, values, format.Value);
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
    internal static void Merge(string path, byte[] content, ConfigValues values, ConfigFormat format = ConfigFormat.Json)
    {
        using var document = Parse(path, content, format, out var lines);
        if (document.RootElement.ValueKind == JsonValueKind.Null)
        {
            return;
        }

        if (document.RootElement.ValueKind != JsonValueKind.Object)
        {
            throw new ConfigurationException(
                $"failed to parse {path}: json: cannot unmarshal {NameOf(document.RootElement)} into Go value of type map[string]interface {{}}");
        }

        FileDecoding.Merge(path, document.RootElement, lines, values, format);
    }

    private static string NameOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "array",
        JsonValueKind.String => "string",
        JsonValueKind.Number => "number",
        _ => "bool",
    };

    private static JsonDocument Parse(string path, byte[] content, ConfigFormat format, out SourceLines lines)
    {
        try
        {
            if (format == ConfigFormat.Hcl)
            {
                content = HclJson.Convert(Utf8.GetString(content), out var places);
                lines = new SourceLines(content, places);
            }
            else if (GoJsonSyntax.FirstError(content) is { } mistake)
            {
                throw new ConfigurationException($"failed to parse {path}: {mistake}");
            }
            else
            {
                lines = SourceLines.OfJson(content);
            }

            var broken = JsonTexts.FindBroken(content);
            return broken < 0
                ? JsonDocument.Parse(content)
                : throw new ConfigurationException($"failed to parse {path}: a text in line {1 + content.AsSpan(0, (int)broken).Count((byte)'\n')} is not Unicode");
        }
        catch (HclException error)
        {
            throw new ConfigurationException($"failed to parse {path}: {error.Message}");
        }
        catch (DecoderFallbackException)
        {
            throw new ConfigurationException($"failed to parse {path}: it is not Unicode");
        }
        catch (JsonException error)
        {
            // What JSON allows and this reader does not: nesting without end.
            throw new ConfigurationException($"failed to parse {path}: {error.Message}");
        }
    }
}
