using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Schema;

/// <summary>
/// What a field of a config entry holds. What comes out is the one form that is stored and shown; nothing comes out of an empty value, which is not shown.
/// </summary>
internal abstract class ConfigType : SchemaType<JsonNode?>
{
    public sealed override bool TryRead(JsonElement value, SchemaDecoding decoding, [NotNullWhen(true)] out JsonNode? read) =>
        (read = Decode(value, decoding)) is not null;

    /// <summary>Turns a value into its stored form.</summary>
    /// <returns>Null for the empty value.</returns>
    protected abstract JsonNode? Decode(JsonElement value, SchemaDecoding decoding);
}
