using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>One service of this agent, as it is read with a token (services AG-5).</summary>
/// <param name="Datacenter">The agent's.</param>
/// <param name="Token">After defaulting.</param>
/// <param name="Id">Of the service.</param>
/// <param name="Name">Its name when it is asked for, which the token must be allowed to read. No part of the key.</param>
internal sealed record LocalServiceRequest(string Datacenter, string Token, string Id, string Name) : CacheRequest(Datacenter, Token)
{
    public override string Key => Id;

    public override IReadOnlyList<AccessRequest> Needs => [LocalServiceKind.RightTo(Name)];
}

/// <summary>A service as it is shown.</summary>
internal sealed record ShownService(NodeService Service)
{
    /// <summary>What readers wait on (AG-6, AG-7); worked out once for each change.</summary>
    public string Hash { get; } = ContentHash.Of(Service);
}

/// <summary>
/// The cache type <c>agent-service</c>. What is fetched is the agent's own state, so a value that this has moved on from is never given out: the read waits for the refresh that is on
/// its way. Nothing is held twice: entry and state have the same object, and the sealed file only who reads what.
/// </summary>
internal sealed class LocalServiceKind(LocalState state) : CacheKind<LocalServiceRequest, ShownService>
{
    // The record and its hash; the service is the state's.
    private const int SizeOfValue = 128;

    public override string Name => "agent-service";

    public override SealedCodec<LocalServiceRequest, ShownService> Sealing { get; } = new LocalServiceCodec(state);

    // No server is asked (CACHE-20), and a reader is not to wait for his turn.
    public override bool IsPaced => false;

    public override bool IsUsable(ShownService value) => ReferenceEquals(value.Service, state.Current.Service(value.Service.Id)?.Visible);

    public override long SizeOf(ShownService value) => SizeOfValue;

    // Whatever else is held cost more to get.
    public override bool IsGeneral(LocalServiceRequest request, ShownService value) => true;

    public override IReadOnlyList<AccessRequest> NeedsFor(LocalServiceRequest request, ShownService value) => [RightTo(value.Service.Name)];

    /// <summary>What must be allowed to see a service.</summary>
    public static AccessRequest RightTo(string name) => new(AclResource.Service, name, AclAccess.Read);

    /// <summary>What is said of a service that there is none of (AG-5).</summary>
    public static ServerException Unknown(string id) => new(FailureKind.NotFound, "unknown service ID: " + id);

    public override async Task<ServerRead<ShownService>?> FetchAsync(
        FetchContext<LocalServiceRequest, ShownService> context, CancellationToken cancellationToken)
    {
        // Before the look, so that no change between is missed.
        using var watch = state.Watch(context.Request.Id);
        if (context.Index > 0 && context.Value is { } held && IsUsable(held))
        {
            await watch.Changed.WaitAsync(cancellationToken);
        }

        var view = state.Current;
        var service = view.Service(context.Request.Id) ?? throw Unknown(context.Request.Id);
        return new ServerRead<ShownService>(new ShownService(service.Visible), view.Index);
    }
}
