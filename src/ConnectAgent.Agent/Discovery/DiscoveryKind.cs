using System.Text.Json.Serialization.Metadata;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Sealing;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Reads;

namespace ConnectAgent.Agent.Discovery;

/// <summary>A cache type that holds what the catalog answers to one kind of query. What is said beside the constructor is all that one differs in from another.</summary>
/// <param name="read">What is asked of the servers.</param>
/// <param name="json">How entries are sealed.</param>
internal abstract class DiscoveryKind<TQuery>(
    string name, IServerClient servers, DiscoveryRead<TQuery> read, JsonTypeInfo<SealedDiscovery<TQuery>> json)
    : CacheKind<DiscoveryRequest<TQuery>, DiscoveryList>
    where TQuery : DiscoveryQuery
{
    // An item beside its text, and its names.
    private const int SizeOfItem = 200;

    public sealed override string Name => name;

    public sealed override SealedCodec<DiscoveryRequest<TQuery>, DiscoveryList> Sealing { get; } = new DiscoveryCodec<TQuery>(read.Form, json);

    public sealed override long SizeOf(DiscoveryList value) => value.Json.Length + (SizeOfItem * (long)value.Items.Count);

    public override bool IsEmpty(DiscoveryList value) => value.Items.Count == 0;

    public sealed override IReadOnlyList<AccessRequest>? NeedsFor(DiscoveryRequest<TQuery> request, DiscoveryList value) => request.NeedsFor(value);

    public override async Task<ServerRead<DiscoveryList>?> FetchAsync(
        FetchContext<DiscoveryRequest<TQuery>, DiscoveryList> context, CancellationToken cancellationToken)
    {
        var request = context.Request;
        var answer = await servers.ReadAsync(read, request.Query, context.Query(FetchWait), cancellationToken);

        // Asked here, so that no reader waits for it, and that it is known when nobody can be asked (acl ACL-RES-4).
        await DeniedAsync(request, answer.Value, cancellationToken);
        return context.Value is { } held && answer.StepFrom(context.Index) == IndexStep.Same && held.SaysTheSame(answer.Value) ? null : answer;
    }

    /// <summary>What of a value's needs the token does not have.</summary>
    protected async ValueTask<IReadOnlySet<AccessRequest>> DeniedAsync(
        DiscoveryRequest<TQuery> request, DiscoveryList value, CancellationToken cancellationToken)
    {
        if (request.NeedsFor(value) is not { Count: > 0 } needs)
        {
            return new HashSet<AccessRequest>();
        }

        var rights = await servers.ResolveTokenAsync(request.Token, cancellationToken);
        var allowed = await rights.AllowsEachAsync(needs, cancellationToken);
        return needs.Where((_, at) => !allowed[at]).ToHashSet();
    }
}

/// <summary>The cache type <c>health-services</c>.</summary>
internal sealed class HealthKind(IServerClient servers) : DiscoveryKind<InstancesQuery>(
    "health-services", servers, DiscoveryReads.Health, SealedDiscoveryJson.Default.SealedDiscoveryInstancesQuery);

/// <summary>The cache type <c>catalog-services</c>.</summary>
internal sealed class InstancesKind(IServerClient servers) : DiscoveryKind<InstancesQuery>(
    "catalog-services", servers, DiscoveryReads.Instances, SealedDiscoveryJson.Default.SealedDiscoveryInstancesQuery);

/// <summary>The cache type <c>catalog-list-services</c>.</summary>
internal sealed class ServicesKind(IServerClient servers) : DiscoveryKind<ServicesQuery>(
    "catalog-list-services", servers, DiscoveryReads.Services, SealedDiscoveryJson.Default.SealedDiscoveryServicesQuery);

/// <summary>The cache type <c>compiled-discovery-chain</c>.</summary>
internal sealed class ChainKind(IServerClient servers) : DiscoveryKind<ChainQuery>(
    "compiled-discovery-chain", servers, DiscoveryReads.Chain, SealedDiscoveryJson.Default.SealedDiscoveryChainQuery)
{
    public override bool IsEmpty(DiscoveryList value) => false;

    // A service without config entries has a chain, too, so made-up names get any number of them.
    public override bool IsGeneral(DiscoveryRequest<ChainQuery> request, DiscoveryList value) => true;
}

/// <summary>The cache type <c>catalog-datacenters</c>: read anew only when a reader asks for it.</summary>
internal sealed class DatacentersKind(IServerClient servers) : DiscoveryKind<DatacentersQuery>(
    "catalog-datacenters", servers, DiscoveryReads.Datacenters, SealedDiscoveryJson.Default.SealedDiscoveryDatacentersQuery)
{
    public override bool Refreshes => false;

    public override bool Blocks => false;
}

/// <summary>The cache type <c>prepared-query</c>: executed anew only when a reader asks for it (services PQ-9).</summary>
internal sealed class ExecuteKind(IServerClient servers) : DiscoveryKind<ExecuteQuery>(
    "prepared-query", servers, DiscoveryReads.Execute, SealedDiscoveryJson.Default.SealedDiscoveryExecuteQuery)
{
    private readonly IServerClient _servers = servers;

    public override bool Refreshes => false;

    public override bool Blocks => false;

    /// <summary>
    /// A query may run under a token of its own (services PQ-7), and so find what the caller's has no right to. What the caller's has no right to by then is
    /// not looked at again; all the rest is, as in every list.
    /// </summary>
    public override async Task<ServerRead<DiscoveryList>?> FetchAsync(
        FetchContext<DiscoveryRequest<ExecuteQuery>, DiscoveryList> context, CancellationToken cancellationToken)
    {
        // A right that goes while the query runs was there: what it showed needs it.
        var before = await _servers.ResolveTokenAsync(context.Request.Token, cancellationToken);
        var answer = await _servers.ReadAsync(DiscoveryReads.Execute, context.Request.Query, context.Query(FetchWait), cancellationToken);
        var denied = await DeniedAsync(context.Request, answer.Value, cancellationToken);
        List<AccessRequest> asked = [.. denied];
        var had = await before.AllowsEachAsync(asked, cancellationToken);
        var never = asked.Where((_, at) => !had[at]).ToHashSet();
        return answer.With(answer.Value.Freed(answer.Value.PositionsOf(never)));
    }
}
