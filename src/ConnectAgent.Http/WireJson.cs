using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Telemetry;

namespace ConnectAgent.Http;

/// <summary>The JSON forms of all answers, generated at build time.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)])]
[JsonSerializable(typeof(CaRoots))]
[JsonSerializable(typeof(CaConfigurationReply))]
[JsonSerializable(typeof(LeafCertificate))]
[JsonSerializable(typeof(SignReply))]
[JsonSerializable(typeof(RevocationList))]
[JsonSerializable(typeof(RevocationEntry))]
[JsonSerializable(typeof(AuthorizeReply))]
[JsonSerializable(typeof(Explanation))]
[JsonSerializable(typeof(IntentionIdReply))]
[JsonSerializable(typeof(JsonNode))]
[JsonSerializable(typeof(CheckReply))]
[JsonSerializable(typeof(RaftReply))]
[JsonSerializable(typeof(Intention))]
[JsonSerializable(typeof(IReadOnlyList<Intention>))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<Intention>?>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(IReadOnlyList<CacheEntryView>))]
[JsonSerializable(typeof(CacheSummary))]
[JsonSerializable(typeof(IReadOnlyList<ServerView>))]
[JsonSerializable(typeof(MetricsReply))]
[JsonSerializable(typeof(AgentSelf))]
[JsonSerializable(typeof(IReadOnlyList<SelfMember>))]
[JsonSerializable(typeof(AclTokenReply))]
[JsonSerializable(typeof(IReadOnlyList<AclTokenReply>))]
[JsonSerializable(typeof(AclPolicyReply))]
[JsonSerializable(typeof(IReadOnlyList<AclPolicyListReply>))]
[JsonSerializable(typeof(AclRoleReply))]
[JsonSerializable(typeof(IReadOnlyList<AclRoleReply>))]
[JsonSerializable(typeof(AclAuthMethodReply))]
[JsonSerializable(typeof(IReadOnlyList<AclAuthMethodReply>))]
[JsonSerializable(typeof(AclBindingRuleReply))]
[JsonSerializable(typeof(IReadOnlyList<AclBindingRuleReply>))]
[JsonSerializable(typeof(IReadOnlyList<AclAnswer>))]
[JsonSerializable(typeof(AclReplicationReply))]
internal sealed partial class WireJson : JsonSerializerContext;

/// <summary>intentions AUTHZ-2.</summary>
internal sealed record AuthorizeReply(bool Authorized, string Reason);

/// <summary>intentions CRUD-1, CRUD-11.</summary>
internal sealed record IntentionIdReply([property: JsonPropertyName("ID")] string Id);

/// <summary>intentions ICHK-1.</summary>
internal sealed record CheckReply(bool Allowed);
