using System.Security.Cryptography;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Ca;

/// <summary>
/// Signs a leaf for an agent that made the key itself; our own call, because the reference signs over RPC only (leaf-certificates LEAF-34).
/// </summary>
internal sealed class SigningEndpoints(IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes) => routes.MapWire(
        "/v1/connect/ca/sign", (HttpMethods.Put, Permission.Of(AclResource.Service, AclAccess.Write, "the service"), SignAsync));

    // certificates CERT-73, in its order: Connect, PEM, then the token, whose right comes before what the CSR asks for.
    private async Task SignAsync(WireRequest request)
    {
        request.RefuseNamespace();
        var asked = await RequestBody.ReadAsync(request, SignBody.Schema);
        InputLimits.RequireName("Service", asked.Service);
        agent.RequireConnect();
        if (asked.Service.Length == 0)
        {
            throw WireException.BadRequest("Service must be specified");
        }

        var certificateRequest = Decode(asked.Csr);
        var (datacenter, token) = (request.Datacenter(), request.Token());
        var roots = await servers.ReadAsync(
            RootsRead.Instance, new RootsRequest(datacenter), new ServerQuery(datacenter, token, default), request.Aborted);
        var identity = new ServiceId(roots.Value.TrustDomain, datacenter, asked.Service);
        var signed = await servers.SignLeafAsync(identity, certificateRequest, token, request.Aborted);
        await WireReply.JsonAsync(request, SignReply.Of(identity, signed), CaJson.Default.SignReply);
    }

    // CERT-73 no. 2.
    private static byte[] Decode(string text)
    {
        if (!PemEncoding.TryFind(text, out var fields))
        {
            throw new ServerException(FailureKind.Invalid, "no PEM-encoded data found");
        }

        return text[fields.Label] is "CERTIFICATE REQUEST" or "NEW CERTIFICATE REQUEST"
            ? Convert.FromBase64String(text[fields.Base64Data])
            : throw new ServerException(FailureKind.Invalid, "first PEM-block should be CERTIFICATE REQUEST type");
    }
}

/// <summary>Who shall be certified, and the PKCS#10 as PEM.</summary>
internal readonly record struct SignBody(string Service, string Csr)
{
    public static SchemaType<SignBody> Schema { get; } = new RecordType<SignBody>(
            static () => new(string.Empty, string.Empty), "ConnectCASignRequest", "of type structs.ConnectCASignRequest")
        .Field("Service", SchemaTypes.Text, static (asked, service) => asked with { Service = service })
        .Field("CSR", SchemaTypes.Text, static (asked, csr) => asked with { Csr = csr });
}

/// <summary>The leaf document (LEAF-2) without a key: that never left the one who asks.</summary>
internal sealed record SignReply(
    string SerialNumber,
    [property: JsonPropertyName("CertPEM")] string CertPem,
    string Service,
    [property: JsonPropertyName("ServiceURI")] string ServiceUri,
    DateTimeOffset ValidAfter,
    DateTimeOffset ValidBefore,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public static SignReply Of(ServiceId identity, SignedLeaf signed)
    {
        using var certificate = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(signed.CertificatePem);
        return new SignReply(
            ColonHex.FormatSerial(certificate.SerialNumberBytes.Span),
            signed.CertificatePem,
            identity.Service,
            identity.ToString(),
            new DateTimeOffset(certificate.NotBefore.ToUniversalTime()),
            new DateTimeOffset(certificate.NotAfter.ToUniversalTime()),
            signed.Index,
            signed.Index);
    }
}
