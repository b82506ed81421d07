using System.Text;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Roots;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Ca;

/// <summary>The control plane's CA (ca section 1).</summary>
internal sealed class ConnectCaEndpoints(CertificateAuthority authority, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes) =>
        routes.MapWire("/v1/connect/ca/roots", (HttpMethods.Get, Permission.None, GetRootsAsync));

    private async Task GetRootsAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        var pem = WantsPem(request.Query);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        agent.RequireConnect();

        var (roots, index) = await authority.ReadRootsAsync(ControlPlaneReads.Blocking(options), request.Aborted);
        if (pem)
        {
            var chain = string.Concat(roots.Roots.SelectMany(root => (root.IntermediateCerts ?? []).Prepend(root.RootCert)));
            await WireReply.BytesAsync(
                request.Context, StatusCodes.Status200OK, "application/pem-certificate-chain", Encoding.ASCII.GetBytes(chain));
            return;
        }

        WireReply.QueryHeaders(request.Context, index);
        await WireReply.JsonAsync(request, roots, RootsJson.Default.CaRoots);
    }

    // CA-10.
    private static bool WantsPem(WireQuery query) => query.First("pem") is { Length: > 0 } word
        && (GoBool.Parse(word) ?? throw WireException.BadRequest("The 'pem' query parameter must be a boolean value"));
}
