using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.ControlPlane.Revocation;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Certificates;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;

namespace ConnectAgent.Http.Embedded;

/// <summary>
/// The default back end: the control plane in the same process. It lives with the API, the only project but the daemon that may see both the agent
/// and the control plane (docs/design/0001-projects.md).
/// </summary>
internal sealed class EmbeddedServerClient(
    CertificateAuthority authority, RevocationStore revocations, IntentionStore intentions, TokenResolver tokens, AgentIdentity agent) : IServerClient
{
    // One for all reads that wait.
    private readonly Func<string, object?> _rights = tokens.TryResolve;

    public async Task<ServerRead<CaRoots>> ReadRootsAsync(ServerQuery query, CancellationToken cancellationToken)
    {
        agent.RequireDatacenter(query.Datacenter);
        var (roots, index) = await authority.ReadRootsAsync(new BlockingOptions(query.Blocking), cancellationToken);
        return new ServerRead<CaRoots>(roots, index);
    }

    public async Task<ServerRead<RevocationList>> ReadRevokedAsync(ServerQuery query, CancellationToken cancellationToken)
    {
        agent.RequireDatacenter(query.Datacenter);
        var (list, index) = await revocations.ListAsync(new BlockingOptions(query.Blocking), cancellationToken);
        return new ServerRead<RevocationList>(list, index);
    }

    public Task<ServerRead<IReadOnlyList<IntentionMatch>>> MatchIntentionsAsync(
        MatchNames names, ServerQuery query, CancellationToken cancellationToken)
    {
        try
        {
            agent.RequireDatacenter(query.Datacenter);
            RequireIntentionRead(names, query.Token);
        }
        catch (ServerException error)
        {
            return Task.FromException<ServerRead<IReadOnlyList<IntentionMatch>>>(error);
        }

        // Not awaited here: of each entry of the agent's cache one such call waits, and a frame of its own would be a tenth of its memory.
        return intentions.MatchAsync(
            names.ByDestination,
            names.Names,
            (Client: this, Names: names, query.Token),
            static (matches, index, caller) =>
            {
                caller.Client.RequireIntentionRead(caller.Names, caller.Token);
                return new ServerRead<IReadOnlyList<IntentionMatch>>(matches, index);
            },
            new BlockingOptions(query.Blocking, _rights, query.Token),
            cancellationToken);
    }

    public Task<ServerRead<ServiceHealth>> ReadHealthAsync(HealthQuestion question, ServerQuery query, CancellationToken cancellationToken) =>
        Task.FromException<ServerRead<ServiceHealth>>(
            new ServerException(FailureKind.Unsupported, "this control plane has no catalog of services"));

    public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken) => new(tokens.Resolve(token));

    public bool Knows(string token) => tokens.TryResolve(token) is not null;

    public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => tokens.ChangedAsync(cancellationToken);

    public async Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        tokens.Resolve(token).Require(new AclQuestion(AclResource.Service, identity.Service, AclAccess.Write));
        agent.RequireDatacenter(identity.Datacenter);
        var (pem, index) = await authority.SignAsync(identity, certificateRequest, agent.Datacenter, cancellationToken);
        return new SignedLeaf(pem, index);
    }

    // intentions ACL-2: on every name asked; looked at again when a blocking read wakes.
    private void RequireIntentionRead(MatchNames names, string token) => tokens.Resolve(token).RequireIntentionRead(names.Names);
}
