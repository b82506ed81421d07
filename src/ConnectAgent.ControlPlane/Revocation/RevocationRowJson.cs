using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.ControlPlane.Revocation;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RevocationEntry))]
[JsonSerializable(typeof(SerialMark))]
internal sealed partial class RevocationRowJson : JsonSerializerContext;
