using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ConfigEntry))]
internal sealed partial class ConfigEntryRowJson : JsonSerializerContext;
