using System.Text.Json;
using System.Text.Json.Nodes;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>
/// What a field of a config entry holds. Input is taken weakly (intentions CE-4, services CFG-3): numbers as strings, a single value for a list.
/// What comes out is the one form that is stored and shown.
/// </summary>
internal abstract class ConfigType
{
    /// <summary>What a field shows that is shown even if it is empty.</summary>
    public abstract JsonNode? Empty { get; }

    /// <summary>Turns a value into its stored form.</summary>
    /// <param name="value">Null for a JSON null.</param>
    /// <param name="path">For error texts.</param>
    /// <param name="decoding">Takes what is wrong.</param>
    /// <returns>Null for the empty value, which is not shown.</returns>
    public abstract JsonNode? Decode(JsonNode? value, string path, ConfigDecoding decoding);

    /// <summary>The reference's name of what a value is.</summary>
    protected static string NameOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "map[string]interface {}",
        JsonValueKind.Array => "[]interface {}",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "string",
    };

    /// <summary>The same, by kind only.</summary>
    protected static string KindOf(JsonNode? value) => value?.GetValueKind() switch
    {
        JsonValueKind.Object => "map",
        JsonValueKind.Array => "slice",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "string",
    };
}
