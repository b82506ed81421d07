using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Certificates;

namespace ConnectAgent.Client;

/// <summary>The JSON of the agent's API. What is null is left out of bodies.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(JsonDocument))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(IReadOnlyList<JsonElement>))]
[JsonSerializable(typeof(CaRoots))]
[JsonSerializable(typeof(CaConfiguration))]
[JsonSerializable(typeof(LeafCertificate))]
[JsonSerializable(typeof(RevocationList))]
[JsonSerializable(typeof(RevokeBody))]
[JsonSerializable(typeof(AuthorizeBody))]
[JsonSerializable(typeof(AuthorizeHttpBody))]
[JsonSerializable(typeof(Decision))]
[JsonSerializable(typeof(IReadOnlyList<Intention>))]
[JsonSerializable(typeof(Dictionary<string, IReadOnlyList<Intention>>))]
[JsonSerializable(typeof(IntentionBody))]
[JsonSerializable(typeof(IntentionCheck))]
[JsonSerializable(typeof(IReadOnlyList<HealthEntry>))]
[JsonSerializable(typeof(IReadOnlyList<CheckEntry>))]
[JsonSerializable(typeof(IReadOnlyList<NodeEntry>))]
[JsonSerializable(typeof(IReadOnlyList<CatalogEntry>))]
[JsonSerializable(typeof(CatalogRemoval))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, IReadOnlyList<string>>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, ServiceEntry>))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, CheckEntry>))]
[JsonSerializable(typeof(ServiceRegistration))]
[JsonSerializable(typeof(CheckState))]
[JsonSerializable(typeof(IReadOnlyList<AclToken>))]
[JsonSerializable(typeof(IReadOnlyList<AclPolicy>))]
[JsonSerializable(typeof(AclLogin))]
internal sealed partial class ApiJson : JsonSerializerContext;
