using System.Text.Json.Serialization;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Acl.Login;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.ControlPlane.State;

/// <summary>How rows are written to disk. Names of members are part of the format: renaming one needs a migration.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(IntentionEntry))]
[JsonSerializable(typeof(IntentionReference))]
[JsonSerializable(typeof(ConfigEntry))]
[JsonSerializable(typeof(AuthorityRoots))]
[JsonSerializable(typeof(CaConfiguration))]
[JsonSerializable(typeof(ProviderRow))]
[JsonSerializable(typeof(AclToken))]
[JsonSerializable(typeof(AclSecret))]
[JsonSerializable(typeof(AclPolicy))]
[JsonSerializable(typeof(AclRole))]
[JsonSerializable(typeof(AclBootstrap))]
[JsonSerializable(typeof(AuthMethod))]
[JsonSerializable(typeof(BindingRule))]
[JsonSerializable(typeof(SnapshotMeta))]
[JsonSerializable(typeof(RevocationEntry))]
[JsonSerializable(typeof(SerialMark))]
internal sealed partial class StateJson : JsonSerializerContext;
