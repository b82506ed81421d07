using ConnectAgent.Agent.Revocation;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>What is revoked, out of the control plane (intentions DEF-12).</summary>
internal sealed class EmbeddedRevocations(RevocationStore revocations) : IEmbeddedRead<RevocationRequest, RevocationList>
{
    public string Name => RevocationRead.Instance.Name;

    public async Task<ServerRead<RevocationList>> ReadAsync(RevocationRequest request, ServerQuery query, CancellationToken cancellationToken)
    {
        var (list, index) = await revocations.ListAsync(new BlockingOptions(query.Blocking), cancellationToken);
        return new ServerRead<RevocationList>(list, index);
    }
}
