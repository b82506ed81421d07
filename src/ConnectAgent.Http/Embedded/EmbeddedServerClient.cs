using System.Collections.Frozen;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.Http.Embedded;

/// <summary>
/// The default back end: the control plane in the same process. It lives with the API, the only project but the daemon that may see both the agent
/// and the control plane (docs/design/0001-projects.md).
/// </summary>
internal sealed class EmbeddedServerClient(
    IEnumerable<IEmbeddedRead> reads, CertificateAuthority authority, TokenResolver tokens, CatalogStore catalog, AgentIdentity agent) : IServerClient
{
    private readonly FrozenDictionary<string, IEmbeddedRead> _reads = reads.ToFrozenDictionary(static read => read.Name, StringComparer.Ordinal);

    // Not awaited here: of each entry of the agent's cache one such call waits, and a frame of its own would be a tenth of its memory.
    public Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
        IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
        where TValue : class
    {
        try
        {
            var read = kind as IEmbeddedRead<TRequest, TValue>
                ?? _reads.GetValueOrDefault(kind.Name) as IEmbeddedRead<TRequest, TValue>
                ?? throw new ServerException(FailureKind.Unsupported, $"this control plane has no answer to reads of this kind: {kind.Name}");
            agent.RequireDatacenter(query.Datacenter);
            return read.ReadAsync(request, query, cancellationToken);
        }
        catch (ServerException error)
        {
            return Task.FromException<ServerRead<TValue>>(error);
        }
    }

    public ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken) => new(tokens.Resolve(token));

    public bool Knows(string token) => tokens.TryResolve(token) is not null;

    public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => tokens.ChangedAsync(cancellationToken);

    public async Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        tokens.Resolve(token).Require(new AccessRequest(AclResource.Service, identity.Service, AclAccess.Write));
        agent.RequireDatacenter(identity.Datacenter);
        var (pem, index) = await authority.SignAsync(identity, certificateRequest, agent.Datacenter, cancellationToken);
        return new SignedLeaf(pem, index);
    }

    public Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken) =>
        WriteAsync(registration.Node.Datacenter, token, rights => catalog.RegisterAsync(registration, rights));

    public Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken) =>
        WriteAsync(deregistration.Datacenter, token, rights => catalog.DeregisterAsync(deregistration, rights));

    private async Task WriteAsync(string datacenter, string token, Func<TokenRights, Task> write)
    {
        if (datacenter.Length > 0)
        {
            agent.RequireDatacenter(datacenter);
        }

        await write(tokens.Resolve(token));
    }
}
