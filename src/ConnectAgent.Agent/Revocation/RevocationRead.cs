using System.Text.Json.Serialization;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Agent.Revocation;

/// <summary>Reads what is revoked (intentions DEF-12). Needs no rights. The reference knows no revocation: its list is taken to be empty.</summary>
internal sealed class RevocationRead : IServerReadKind<RevocationRequest, RevocationList>
{
    public static RevocationRead Instance { get; } = new();

    public string Name => "revoked";

    public string NotServed => "the servers keep no list of revocations";

    public RevocationList Absent => RevocationList.Empty;

    public string TargetOf(RevocationRequest request) => "/v1/connect/ca/revoked?";

    public RevocationList Decode(RevocationRequest request, ConsulAnswer answer) =>
        answer.Parse(RevocationJson.Default.RevocationList) is { Revoked: not null } list ? list : throw answer.Garbage("it is no revocation list");
}

/// <summary>A missing field that is required, or a null where none may be, is garbage.</summary>
[JsonSourceGenerationOptions(Converters = [typeof(Rfc3339Converter)], RespectNullableAnnotations = true)]
[JsonSerializable(typeof(RevocationList))]
internal sealed partial class RevocationJson : JsonSerializerContext;
