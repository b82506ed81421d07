using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Schema;

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

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding)
    {
        if (!decoding.TryText(value, out var text) || text.Length == 0)
        {
            return null;
        }

        decoding.Bound(bound, text);
        return JsonValue.Create(text);
    }
}

/// <summary>A namespace: there is only <c>default</c>, in any letter case, or none (intentions IXN-6).</summary>
internal sealed class NamespaceType : ConfigType
{
    public static NamespaceType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(string.Empty);

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding)
    {
        if (!decoding.TryText(value, out var name) || name.Length == 0)
        {
            return null;
        }

        if (!name.Equals("default", StringComparison.OrdinalIgnoreCase))
        {
            decoding.Unknown(ObjectType.NoNamespaces);
        }

        return JsonValue.Create("default");
    }
}

/// <summary>A truth value.</summary>
internal sealed class FlagType : ConfigType
{
    public static FlagType Instance { get; } = new();

    public override JsonNode? Empty => JsonValue.Create(false);

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) =>
        decoding.TryFlag(value, out var flag) && flag ? JsonValue.Create(true) : null;
}

/// <summary>Accepted, whatever it holds, and forgotten.</summary>
internal sealed class IgnoredType : ConfigType
{
    public static IgnoredType Instance { get; } = new();

    public override JsonNode? Empty => null;

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding) => null;
}

/// <summary>A text that can only be one; it is not shown. Any other is an unknown field.</summary>
internal sealed class FixedTextType(string only) : ConfigType
{
    public override JsonNode? Empty => null;

    protected override JsonNode? Decode(JsonElement value, SchemaDecoding decoding)
    {
        if (decoding.TryText(value, out var text) && text.Length > 0 && text != only)
        {
            decoding.Unknown(string.Empty);
        }

        return null;
    }
}
