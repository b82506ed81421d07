using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;

namespace ConnectAgent.Agent.Leaves;

/// <summary>
/// Reads the leaf, and its key, that a server's own agent keeps for an identity: for servers that have no signing call (leaf-certificates LEAF-34), and
/// only where the operator chose it, because the key travels.
/// </summary>
internal sealed class DelegatedLeafRead(TimeProvider clock) : IServerReadKind<ServiceId, LeafCertificate>
{
    public string Name => "leaf";

    // It may have the leaf signed first.
    public bool WaitsForOthers => true;

    public string TargetOf(ServiceId request) => "/v1/agent/connect/ca/leaf/" + Uri.EscapeDataString(request.Service) + "?";

    /// <inheritdoc/>
    /// <exception cref="Protocol.Errors.ServerException">Garbage; also a leaf that is not what was asked for: another server may give the right one.</exception>
    public LeafCertificate Decode(ServiceId request, ConsulAnswer answer)
    {
        var leaf = answer.Parse(DelegatedLeafJson.Default.ConsulLeaf);
        try
        {
            return LeafReader.Read(request, leaf.CertPem, leaf.PrivateKeyPem, 0, clock.GetUtcNow());
        }
        catch (LeafRefusedException refused)
        {
            throw answer.Garbage("its leaf is " + refused.Message);
        }
    }
}

/// <summary>What came is not what was asked for.</summary>
/// <param name="reason">One line; never holds what came.</param>
internal sealed class LeafRefusedException(string reason) : Exception(reason);

/// <summary>What is needed of a leaf that a server's agent made (leaf-certificates LEAF-2).</summary>
internal sealed record ConsulLeaf
{
    [JsonPropertyName("CertPEM")]
    public required string CertPem { get; init; }

    [JsonPropertyName("PrivateKeyPEM")]
    public required string PrivateKeyPem { get; init; }

    // Records print their members; the key must not reach a log that way.
    public override string ToString() => nameof(ConsulLeaf);
}

/// <summary>A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ConsulLeaf))]
internal sealed partial class DelegatedLeafJson : JsonSerializerContext;
