using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IntentionEntry))]
internal sealed partial class IntentionRowJson : JsonSerializerContext;
