using System.Text.Encodings.Web;
using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>Where a value was said.</summary>
/// <param name="Name">A file, <c>-hcl</c>, a flag, or <c>default</c>.</param>
/// <param name="Line">In a file or fragment; 0 where it is not known.</param>
internal readonly record struct ConfigSource(string Name, int Line = 0)
{
    /// <summary>Nobody said anything.</summary>
    public static ConfigSource Default { get; } = new("default");

    /// <summary>The flag of a key.</summary>
    public static ConfigSource Flag(string name) => new("flag -" + name);

    public override string ToString() => Line > 0 ? $"{Name}:{Line}" : Name;
}

/// <summary>A value, or an element or field of one, as it was said. May be a secret: <see cref="Secrets"/> shows it.</summary>
/// <param name="Name">Of a field; empty otherwise.</param>
/// <param name="Json">As JSON.</param>
/// <param name="Source">Where.</param>
internal readonly record struct SaidPart(string Name, string Json, ConfigSource Source)
{
    /// <summary>A text.</summary>
    public static SaidPart Text(string text, ConfigSource source, string name = "") => new(name, JsonTextOf(text), source);

    /// <summary>A text as JSON.</summary>
    public static string JsonTextOf(string text) => $"\"{JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping)}\"";
}
