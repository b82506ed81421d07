using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Embedded;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;
using ConnectAgent.Protocol.Tokens;
using Microsoft.Extensions.DependencyInjection;

namespace ConnectAgent.Tests.Http.Wire;

/// <summary>The embedded servers, but what a token may do is known a moment later, as of remote servers that were not asked yet.</summary>
internal sealed class LaterServers(IServerClient inner) : IServerClient
{
    public bool AclsAreOpen => inner.AclsAreOpen;

    public static void Add(IServiceCollection services) =>
        services.AddSingleton<IServerClient>(static provider => new LaterServers(ActivatorUtilities.CreateInstance<EmbeddedServerClient>(provider)));

    public async ValueTask<TokenRights> ResolveTokenAsync(string token, CancellationToken cancellationToken)
    {
        await Task.Yield();
        return new LaterRights(await inner.ResolveTokenAsync(token, cancellationToken));
    }

    public Task<ServerRead<TValue>> ReadAsync<TRequest, TValue>(
        IServerReadKind<TRequest, TValue> kind, TRequest request, ServerQuery query, CancellationToken cancellationToken)
        where TValue : class => inner.ReadAsync(kind, request, query, cancellationToken);

    public bool Knows(string token) => inner.Knows(token);

    public Task<long> RightsChangedAsync(CancellationToken cancellationToken) => inner.RightsChangedAsync(cancellationToken);

    public bool Vouches(string token) => inner.Vouches(token);

    public Task<SignedLeaf> SignLeafAsync(
        ServiceId identity, ReadOnlyMemory<byte> certificateRequest, string token, CancellationToken cancellationToken) =>
        inner.SignLeafAsync(identity, certificateRequest, token, cancellationToken);

    public Task RegisterAsync(CatalogRegistration registration, string token, CancellationToken cancellationToken) =>
        inner.RegisterAsync(registration, token, cancellationToken);

    public Task DeregisterAsync(CatalogDeregistration deregistration, string token, CancellationToken cancellationToken) =>
        inner.DeregisterAsync(deregistration, token, cancellationToken);

    private sealed class LaterRights(TokenRights known) : TokenRights
    {
        public override bool Allows(AclResource resource, string segment, AclAccess access) => known.Allows(resource, segment, access);

        public override async ValueTask<bool> AllowsAsync(AccessRequest requested, CancellationToken cancellationToken)
        {
            await Task.Yield();
            return await known.AllowsAsync(requested, cancellationToken);
        }

        public override bool Snapshot() => known.Snapshot();
    }
}
