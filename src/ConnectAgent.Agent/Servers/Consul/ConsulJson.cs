using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Servers.Consul;

/// <summary>The JSON forms of the servers' answers. A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ConsulSignRequest))]
[JsonSerializable(typeof(ConsulSignature))]
[JsonSerializable(typeof(ConsulToken))]
[JsonSerializable(typeof(ConsulAccessRequest[]))]
[JsonSerializable(typeof(ConsulAclAnswer?[]))]
internal sealed partial class ConsulJson : JsonSerializerContext;

/// <summary>The body of our signing call.</summary>
internal sealed record ConsulSignRequest(string Service, [property: JsonPropertyName("CSR")] string Csr);

/// <summary>What is needed of its answer.</summary>
internal sealed record ConsulSignature
{
    [JsonPropertyName("CertPEM")]
    public required string CertPem { get; init; }

    public ulong ModifyIndex { get; init; }
}

/// <summary>What is needed of a token; the secret is not read.</summary>
internal sealed record ConsulToken
{
    [JsonPropertyName("AccessorID")]
    public required string AccessorId { get; init; }

    public DateTimeOffset? ExpirationTime { get; init; }
}

/// <summary>A request about rights (acl ACL-AUZ-1).</summary>
internal sealed record ConsulAccessRequest(
    string Resource, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Segment, string Access);

/// <summary>What is needed of its answer.</summary>
internal sealed record ConsulAclAnswer
{
    public required bool Allow { get; init; }
}
