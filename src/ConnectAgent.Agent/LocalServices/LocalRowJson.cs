using System.Text.Json.Serialization;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>How the rows of <c>local.db</c> are written. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(LocalService))]
[JsonSerializable(typeof(RegisteredCheck))]
[JsonSerializable(typeof(KeptResult))]
internal sealed partial class LocalRowJson : JsonSerializerContext;
