using System.Text;
using System.Text.Json;

namespace ConnectAgent.Protocol.Json;

/// <summary>Whether the texts of a JSON document are Unicode. <see cref="JsonDocument"/> takes any, and throws when one that is not is looked at.</summary>
public static class JsonTexts
{
    /// <summary>Looks at every name and every text.</summary>
    /// <param name="json">One document.</param>
    /// <param name="options">How it is read.</param>
    /// <returns>Where the first one stands that holds bytes that are no UTF-8, or half a surrogate pair; −1 when there is none.</returns>
    /// <exception cref="JsonException">It is no JSON.</exception>
    public static long FindBroken(ReadOnlySpan<byte> json, JsonReaderOptions options = default)
    {
        var reader = new Utf8JsonReader(json, options);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName or JsonTokenType.String && !IsUnicode(ref reader))
            {
                return reader.TokenStartIndex;
            }
        }

        return -1;
    }

    /// <summary>Whether a text is a JSON object all of whose texts are Unicode: one that can be decoded, whatever is in it.</summary>
    /// <param name="text">As it is kept.</param>
    /// <param name="depth">How many levels it may have.</param>
    public static bool AreObject(string text, int depth = 64)
    {
        var json = Encoding.UTF8.GetBytes(text);
        try
        {
            return json.AsSpan().TrimStart(" \t\r\n"u8) is [(byte)'{', ..] && FindBroken(json, new JsonReaderOptions { MaxDepth = depth }) < 0;
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>Whether what could not be read is nested too deeply: the bound is told from the other mistakes, so that it is counted.</summary>
    /// <param name="json">What was refused.</param>
    /// <param name="depth">How many levels it may have.</param>
    /// <param name="options">How it is read.</param>
    public static bool AreNestedDeeper(ReadOnlySpan<byte> json, int depth, JsonReaderOptions options = default)
    {
        options.MaxDepth = int.MaxValue;
        var reader = new Utf8JsonReader(json, options);
        try
        {
            while (reader.Read())
            {
                if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray && reader.CurrentDepth >= depth)
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // Another mistake came first.
        }

        return false;
    }

    private static bool IsUnicode(ref Utf8JsonReader reader)
    {
        try
        {
            return reader.GetString() is not null;
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
