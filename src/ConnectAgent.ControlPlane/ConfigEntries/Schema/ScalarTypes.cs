using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>A text; numbers and truth values become one.</summary>
/// <param name="bound">How long it may be; null where the entry is checked for it.</param>
internal sealed class TextType(LengthBound? bound) : ConfigType
{
    public static TextType Instance { get; } = new(TextBounds.Text);

    /// <summary>The name of a service or of a part of one, which is also a key.</summary>
    public static TextType Name { get; } = new(TextBounds.Name);

    /// <summary>Bounded by a check of the entry, which other calls write, too, or with words of the reference.</summary>
    public static TextType Checked { get; } = new(bound: null);

    public override JsonNode? Empty => JsonValue.Create(string.Empty);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        if (Read(value, path, decoding) is not { Length: > 0 } text)
        {
            return null;
        }

        decoding.Bound(bound, text, path);
        return JsonValue.Create(text);
    }

    public static string Read(JsonNode? value, string path, ConfigDecoding decoding)
    {
        switch (value?.GetValueKind())
        {
            case null:
                return string.Empty;
            case JsonValueKind.String:
                return value.GetValue<string>();
            case JsonValueKind.Number:
                return value.ToJsonString();
            case JsonValueKind.True:
                return "1";
            case JsonValueKind.False:
                return "0";
            default:
                decoding.Mismatch(path, "string", NameOf(value));
                return string.Empty;
        }
    }
}

/// <summary>A namespace: there is only <c>default</c>, in any letter case, or none (intentions IXN-6).</summary>
internal sealed class NamespaceType : ConfigType
{
    public static NamespaceType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(string.Empty);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        var name = TextType.Read(value, path, decoding);
        if (name.Length == 0)
        {
            return null;
        }

        if (!name.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            decoding.Unknown(path, isNamespace: true);
        }

        return JsonValue.Create("default");
    }
}

/// <summary>A truth value.</summary>
internal sealed class FlagType : ConfigType
{
    public static FlagType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(false);

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding) =>
        Read(value, path, decoding) ? JsonValue.Create(true) : null;

    private static bool Read(JsonNode? value, string path, ConfigDecoding decoding)
    {
        switch (value?.GetValueKind())
        {
            case null or JsonValueKind.False:
                return false;
            case JsonValueKind.True:
                return true;
            case JsonValueKind.Number:
                return NumberType.Read(value, "int", path, decoding) != 0;
            case JsonValueKind.String:
                switch (value.GetValue<string>())
                {
                    case "1" or "t" or "T" or "TRUE" or "true" or "True":
                        return true;
                    case "" or "0" or "f" or "F" or "FALSE" or "false" or "False":
                        return false;
                }

                break;
        }

        decoding.Mismatch(path, "bool", NameOf(value));
        return false;
    }
}

/// <summary>Accepted, whatever it holds, and forgotten.</summary>
internal sealed class IgnoredType : ConfigType
{
    public static IgnoredType Instance { get; } = new();

    public override JsonNode? Empty => null;

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding) => null;
}

/// <summary>A text that can only be one; it is not shown. Any other is an unknown field.</summary>
internal sealed class FixedTextType(string only) : ConfigType
{
    public override JsonNode? Empty => null;

    public override JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding)
    {
        if (TextType.Read(value, path, decoding) is { Length: > 0 } text && text != only)
        {
            decoding.Unknown(path, isNamespace: false);
        }

        return null;
    }
}
