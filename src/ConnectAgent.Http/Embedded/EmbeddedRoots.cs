using ConnectAgent.Agent.Roots;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>The roots out of the control plane (ca section 1).</summary>
internal sealed class EmbeddedRoots(CertificateAuthority authority) : IEmbeddedRead<RootsRequest, CaRoots>
{
    public string Name => RootsRead.Instance.Name;

    public async Task<ServerRead<CaRoots>> ReadAsync(RootsRequest request, ServerQuery query, CancellationToken cancellationToken)
    {
        var (roots, index) = await authority.ReadRootsAsync(new BlockingOptions(query.Blocking), cancellationToken);
        return new ServerRead<CaRoots>(roots, index);
    }
}
