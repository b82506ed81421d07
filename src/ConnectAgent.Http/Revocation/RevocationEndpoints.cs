using System.Globalization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Revocation;

/// <summary>Revocation (intentions DEF-12), our own; docs/http-api.md describes it.</summary>
internal sealed class RevocationEndpoints(RevocationStore revocations, RevocationListSigner lists, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    // The list is held by every agent.
    [Limit(DatacenterLimit, "characters", "refused: 400", Refuses = true)]
    private const int LongestDatacenter = 64;
    private const string DatacenterLimit = "revocation.datacenter";

    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/connect/ca/revoked", (HttpMethods.Get, Permission.None, ListAsync));
        routes.MapWire("/v1/connect/ca/crl", (HttpMethods.Get, Permission.None, SignedListsAsync));
        routes.MapWire("/v1/connect/ca/revoke", (HttpMethods.Put, Permission.OperatorWrite, RevokeAsync), (HttpMethods.Delete, Permission.OperatorWrite, TakeBackAsync));
    }

    // Like the roots it needs no rights: every agent needs it, and it holds no secret.
    private async Task ListAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        agent.RequireConnect();
        var (list, index) = await revocations.ListAsync(ControlPlaneReads.Blocking(options), request.Aborted);
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync(request, list, RevocationJson.Default.RevocationList);
    }

    // The same for programs that verify by themselves.
    private async Task SignedListsAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        agent.RequireConnect();
        var (pem, index) = await lists.ReadAsync(ControlPlaneReads.Blocking(options), request.Aborted);
        WireReply.QueryHeaders(request.Context, index);
        await WireReply.TextAsync(request.Context, StatusCodes.Status200OK, pem);
    }

    private async Task RevokeAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var asked = await RequestBody.ReadAsync(request, RevocationBody.Schema);
        var end = Time("ValidBefore", asked.ValidBefore);
        var issuedBefore = Time("IssuedBefore", asked.IssuedBefore);
        if (asked.SerialNumber.Length == 0 == (asked.SpiffeId.Length == 0))
        {
            throw WireException.BadRequest("Exactly one of SerialNumber and SpiffeID must be specified");
        }

        if (asked.SerialNumber.Length > 0 ? issuedBefore is not null : end is not null || asked.Datacenter.Length > 0)
        {
            throw WireException.BadRequest("ValidBefore and Datacenter go with SerialNumber, IssuedBefore goes with SpiffeID");
        }

        var serial = asked.SerialNumber.Length > 0 ? Serial(asked.SerialNumber) : string.Empty;
        var identity = asked.SpiffeId.Length > 0 ? Identity(asked.SpiffeId) : null;
        await RequireAsync(request);
        var entry = identity is null
            ? await revocations.RevokeSerialAsync(serial, DatacenterOf(asked.Datacenter), end)
            : await revocations.RevokeIdentityAsync(identity, agent.Datacenter, issuedBefore, request.Aborted);
        await WireReply.JsonAsync(request, entry, RevocationJson.Default.RevocationEntry);
    }

    private async Task TakeBackAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var (serial, uri) = (request.Query.First("serial"), request.Query.First("spiffe_id"));
        if (serial.Length == 0 == (uri.Length == 0))
        {
            throw WireException.BadRequest("Exactly one of the query parameters 'serial' and 'spiffe_id' must be set");
        }

        var key = serial.Length > 0
            ? Revocations.KeyOfSerial(Serial(serial), DatacenterOf(request.Query.First("datacenter")))
            : Revocations.KeyOfIdentity(Canonical(Identity(uri)));
        await RequireAsync(request);
        await revocations.TakeBackAsync(key);
        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    private static string Serial(string text) => SerialNumber.TryNormalize(text, out var serial)
        ? serial
        : throw WireException.BadRequest("SerialNumber not a valid certificate serial number");

    private static ServiceId Identity(string text) =>
        text.Length <= SpiffeId.Longest
            && SpiffeId.TryParse(text, out var id, out _)
            && id is ServiceId { Namespace: SpiffeId.DefaultNamespace, IsInDefaultPartition: true } service
            ? service with { Datacenter = service.Datacenter.ToLowerInvariant() }
            : throw WireException.BadRequest("SpiffeID not a valid Service identifier", text.Length > SpiffeId.Longest ? SpiffeId.LengthLimit : null);

    // Trust domains compare without case (certificates CERT-5).
    private static string Canonical(ServiceId identity) => (identity with { Host = identity.Host.ToLowerInvariant() }).ToString();

    private static DateTimeOffset? Time(string field, string text)
    {
        if (text.Length == 0)
        {
            return null;
        }

        return DateTimeOffset.TryParseExact(
            text, "yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time.ToUniversalTime()
            : throw WireException.BadRequest($"{field} not a valid RFC 3339 time");
    }

    private string DatacenterOf(string asked) => asked.Length switch
    {
        0 => agent.Datacenter,
        <= LongestDatacenter when DatacenterName.TryNormalize(asked, out var name) => name,
        _ => throw WireException.BadRequest("Datacenter not a valid datacenter name", asked.Length > LongestDatacenter ? DatacenterLimit : null),
    };

    private ValueTask RequireAsync(WireRequest request)
    {
        agent.RequireDatacenter(request.Datacenter());
        agent.RequireConnect();
        return servers.RequireAsync(request.Token(), AccessRequest.OperatorWrite, request.Aborted);
    }
}

/// <summary>The body of a revocation.</summary>
internal readonly record struct RevocationBody(
    string SerialNumber, string Datacenter, string ValidBefore, string SpiffeId, string IssuedBefore)
{
    public static SchemaType<RevocationBody> Schema { get; } = new RecordType<RevocationBody>(
            static () => new(string.Empty, string.Empty, string.Empty, string.Empty, string.Empty), "ConnectRevokeRequest", "of type structs.ConnectRevokeRequest")
        .Field("SerialNumber", SchemaTypes.Text, static (asked, serial) => asked with { SerialNumber = serial })
        .Field("Datacenter", SchemaTypes.Text, static (asked, name) => asked with { Datacenter = name })
        .Field("ValidBefore", SchemaTypes.Text, static (asked, time) => asked with { ValidBefore = time })
        .Field("SpiffeID", SchemaTypes.Text, static (asked, id) => asked with { SpiffeId = id })
        .Field("IssuedBefore", SchemaTypes.Text, static (asked, time) => asked with { IssuedBefore = time });
}
