using System.Text.Json;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Protocol.Services;

/// <summary>What the shapes of services, nodes and checks are made of.</summary>
internal static class ShapeFields
{
    public static void TextUnlessEmpty(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, string text)
    {
        if (text.Length > 0)
        {
            writer.WriteString(name, text);
        }
    }

    public static void NumberUnlessZero(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, int number)
    {
        if (number != 0)
        {
            writer.WriteNumber(name, number);
        }
    }

    public static void FlagUnlessFalse(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, bool flag)
    {
        if (flag)
        {
            writer.WriteBoolean(name, true);
        }
    }

    public static void DurationUnlessZero(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, ExactDuration duration)
    {
        if (duration != ExactDuration.Zero)
        {
            writer.WriteString(name, duration.ToString());
        }
    }

    /// <summary>A list.</summary>
    /// <param name="showsNull">Whether one without elements is null.</param>
    public static void Texts(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyList<string> texts, bool showsNull = false)
    {
        if (showsNull && texts.Count == 0)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartArray(name);
        for (var i = 0; i < texts.Count; i++)
        {
            writer.WriteStringValue(texts[i]);
        }

        writer.WriteEndArray();
    }

    /// <summary>A map; null where there is none.</summary>
    public static void Map(this Utf8JsonWriter writer, ReadOnlySpan<byte> name, IReadOnlyDictionary<string, string>? map)
    {
        if (map is null)
        {
            writer.WriteNull(name);
            return;
        }

        writer.WriteStartObject(name);
        if (map.Count > 0)
        {
            foreach (var (key, value) in map.Sorted())
            {
                writer.WriteString(key, value);
            }
        }

        writer.WriteEndObject();
    }

    /// <summary>An object that is sorted JSON already; the reference leaves out an empty one.</summary>
    public static void ConfigUnlessEmpty(this Utf8JsonWriter writer, string? config)
    {
        if (config is not (null or "{}"))
        {
            writer.WritePropertyName("Config"u8);
            writer.WriteRawValue(config, skipInputValidation: true);
        }
    }

    public static void Indexes(this Utf8JsonWriter writer, ulong create, ulong modify)
    {
        writer.WriteNumber("CreateIndex"u8, create);
        writer.WriteNumber("ModifyIndex"u8, modify);
    }

    /// <summary>As the wire orders maps (http-conventions JSON-1).</summary>
    public static KeyValuePair<string, T>[] Sorted<T>(this IReadOnlyDictionary<string, T> map)
    {
        KeyValuePair<string, T>[] sorted = [.. map];
        Array.Sort(sorted, static (one, other) => string.CompareOrdinal(one.Key, other.Key));
        return sorted;
    }
}
