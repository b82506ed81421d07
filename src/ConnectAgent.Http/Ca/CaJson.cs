using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Ca;

/// <summary>The JSON forms of answers of the CA's configuration and of signed leaves, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(CaConfigurationReply))]
[JsonSerializable(typeof(SignReply))]
internal sealed partial class CaJson : JsonSerializerContext;
