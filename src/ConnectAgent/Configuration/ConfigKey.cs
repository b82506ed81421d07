using System.Text.Json;

namespace ConnectAgent.Configuration;

/// <summary>One key.</summary>
/// <param name="Type">What its values must be.</param>
/// <param name="Set">Takes the value; null where there is nothing to take.</param>
/// <param name="Effect">What it does.</param>
/// <param name="Inner">The keys of an object, or of each object of a list.</param>
internal sealed record ConfigKey(ConfigType Type, Action<ConfigValues, JsonElement>? Set, KeyEffect Effect, ConfigSchema? Inner = null)
{
    /// <summary>Whether a value says nothing at all: an empty text or list, a false, a port that is off.</summary>
    public static bool AsksNothing(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!.Length == 0,
        JsonValueKind.Number => value.GetDouble() <= 0,
        JsonValueKind.Array => value.GetArrayLength() == 0,
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.True => false,
        _ => true,
    };
}

/// <summary>The types of values.</summary>
internal enum ConfigType
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A number; its fraction is cut off.</summary>
    Number,

    /// <summary>A number with a fraction.</summary>
    Real,

    /// <summary>Texts by name.</summary>
    Map,

    /// <summary>Texts.</summary>
    List,

    /// <summary>An object whose keys the schema knows.</summary>
    Object,

    /// <summary>A list of such objects.</summary>
    Objects,

    /// <summary>An object with any keys.</summary>
    AnyObject,

    /// <summary>A list of those.</summary>
    AnyObjects,

    /// <summary>Whatever it is.</summary>
    Any,
}
