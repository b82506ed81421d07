using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuthMethod))]
[JsonSerializable(typeof(BindingRule))]
internal sealed partial class LoginRowJson : JsonSerializerContext;
