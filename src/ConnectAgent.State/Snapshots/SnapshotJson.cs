using System.Text.Json.Serialization;

namespace ConnectAgent.State.Snapshots;

/// <summary>How a snapshot describes itself.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SnapshotMeta))]
internal sealed partial class SnapshotJson : JsonSerializerContext;
