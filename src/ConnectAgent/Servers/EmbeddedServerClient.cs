using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.Servers;

/// <summary>
/// The default back end: the control plane in the same process. It lives with the daemon, the only project that may see both the agent
/// and the control plane (docs/design/0001-projects.md).
/// </summary>
internal sealed class EmbeddedServerClient(CertificateAuthority authority, IntentionStore intentions, AgentIdentity agent) : IServerClient
{
    public async Task<ServerRead<CaRoots>> ReadRootsAsync(ServerQuery query, CancellationToken cancellationToken)
    {
        RequireDatacenter(query.Datacenter);
        var (roots, index) = await authority.ReadRootsAsync(new BlockingOptions(query.Index, query.Wait), cancellationToken);
        return new ServerRead<CaRoots>(roots, index);
    }

    public async Task<ServerRead<IReadOnlyList<IntentionMatch>>> MatchIntentionsAsync(
        MatchNames names, ServerQuery query, CancellationToken cancellationToken)
    {
        RequireDatacenter(query.Datacenter);
        var (matches, index) = await intentions.MatchAsync(
            names.ByDestination, names.Names, new BlockingOptions(query.Index, query.Wait), cancellationToken);
        return new ServerRead<IReadOnlyList<IntentionMatch>>(matches, index);
    }

    public Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        RequireDatacenter(identity.Datacenter);
        var (pem, index) = authority.Sign(identity, certificateRequest.Span, agent.Datacenter);
        return Task.FromResult(new SignedLeaf(pem, index));
    }

    private void RequireDatacenter(string datacenter)
    {
        if (datacenter != agent.Datacenter)
        {
            throw ServerException.UnknownDatacenter();
        }
    }
}
