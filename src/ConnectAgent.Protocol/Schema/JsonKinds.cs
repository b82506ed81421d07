using System.Text.Json;

namespace ConnectAgent.Protocol.Schema;

/// <summary>What the reference calls a JSON value.</summary>
public static class JsonKinds
{
    /// <summary>As a type of Go.</summary>
    public static string GoTypeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "map[string]interface {}",
        JsonValueKind.Array => "[]interface {}",
        _ => GoKindOf(value),
    };

    /// <summary>As a kind of Go's types.</summary>
    public static string GoKindOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "map",
        JsonValueKind.Array => "slice",
        JsonValueKind.Number => "float64",
        JsonValueKind.True or JsonValueKind.False => "bool",
        _ => "string",
    };
}
