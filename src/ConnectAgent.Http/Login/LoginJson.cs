using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Login;

/// <summary>The JSON forms of answers of auth methods and binding rules, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(AclAuthMethodReply))]
[JsonSerializable(typeof(IReadOnlyList<AclAuthMethodReply>))]
[JsonSerializable(typeof(AclBindingRuleReply))]
[JsonSerializable(typeof(IReadOnlyList<AclBindingRuleReply>))]
internal sealed partial class LoginJson : JsonSerializerContext;
