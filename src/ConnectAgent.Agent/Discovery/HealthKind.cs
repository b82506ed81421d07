using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Discovery;

/// <summary>Whose health, and on whose behalf. Whether only what passes is wanted, and what is nearer, is not in the key (agent-cache CACHE-43, services HLT-3).</summary>
/// <param name="Datacenter">After defaulting.</param>
/// <param name="Token">After defaulting.</param>
internal sealed record HealthRequest(string Datacenter, string Token, HealthQuery Query) : CacheRequest(Datacenter, Token)
{
    public override string Key => Query.Target;

    /// <summary>Any token that exists: what it may not see is left out of the list (services HLT-8).</summary>
    public override IReadOnlyList<AccessRequest> Needs => [];

    /// <summary>What the token must be allowed to be given all of a value.</summary>
    public IReadOnlyList<AccessRequest> NeedsFor(ServiceHealth value) =>
        Query.Connect && value.Instances.Count > 0 ? [NameRight, .. value.Needs] : value.Needs;

    /// <summary>services CAT-13, HLT-8: without it, there is nothing to connect to.</summary>
    public AccessRequest NameRight => new(AclResource.Service, Query.Service, AclAccess.Read);
}

/// <summary>The cache type <c>health-services</c>.</summary>
internal sealed class HealthKind(IServerClient servers) : CacheKind<HealthRequest, ServiceHealth>
{
    // An instance beside its text, and its names.
    private const int SizeOfInstance = 200;

    public override string Name => "health-services";

    public override SealedCodec<HealthRequest, ServiceHealth> Sealing => HealthCodec.Instance;

    public override long SizeOf(ServiceHealth value) => value.Json.Length + (SizeOfInstance * (long)value.Instances.Count);

    public override bool IsEmpty(ServiceHealth value) => value.Instances.Count == 0;

    public override IReadOnlyList<AccessRequest> NeedsFor(HealthRequest request, ServiceHealth value) => request.NeedsFor(value);

    public override async Task<ServerRead<ServiceHealth>?> FetchAsync(
        FetchContext<HealthRequest, ServiceHealth> context, CancellationToken cancellationToken)
    {
        var request = context.Request;
        var read = await servers.ReadAsync(
            HealthRead.Instance,
            request.Query,
            context.Query(FetchWait),
            cancellationToken);

        // Asked here, so that no reader waits for it, and that it is known when nobody can be asked (acl ACL-RES-4).
        var rights = await servers.ResolveTokenAsync(request.Token, cancellationToken);
        await rights.AllowsEachAsync(request.NeedsFor(read.Value), cancellationToken);
        return context.Value is { } held && read.StepFrom(context.Index) == IndexStep.Same && held.SaysTheSame(read.Value) ? null : read;
    }
}
