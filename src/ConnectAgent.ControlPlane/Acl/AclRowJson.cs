using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AclToken))]
[JsonSerializable(typeof(AclPolicy))]
[JsonSerializable(typeof(AclRole))]
[JsonSerializable(typeof(AclBootstrap))]
internal sealed partial class AclRowJson : JsonSerializerContext;
