using System.Text.Json.Serialization;

namespace ConnectAgent.ControlPlane.Authority;

/// <summary>How the rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuthorityRoots))]
[JsonSerializable(typeof(CaConfiguration))]
[JsonSerializable(typeof(ProviderRow))]
internal sealed partial class AuthorityRowJson : JsonSerializerContext;
