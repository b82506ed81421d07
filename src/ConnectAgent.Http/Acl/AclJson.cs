using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Acl;

/// <summary>The JSON forms of answers of tokens, policies and roles, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(AclTokenReply))]
[JsonSerializable(typeof(IReadOnlyList<AclTokenReply>))]
[JsonSerializable(typeof(AclPolicyReply))]
[JsonSerializable(typeof(IReadOnlyList<AclPolicyListReply>))]
[JsonSerializable(typeof(AclRoleReply))]
[JsonSerializable(typeof(IReadOnlyList<AclRoleReply>))]
[JsonSerializable(typeof(IReadOnlyList<AclAnswer>))]
[JsonSerializable(typeof(AclReplicationReply))]
internal sealed partial class AclJson : JsonSerializerContext;
