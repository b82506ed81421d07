using System.Collections.Frozen;
using ConnectAgent.Agent.Discovery;
using ConnectAgent.Caching;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Discovery;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Http.Discovery;

/// <summary>Where upstreams are, out of the agent's cache (services CAT-17, agent-cache CACHE-42).</summary>
internal sealed class CachedReads
{
    private static readonly Func<DiscoveryList, RenderedBody> Render = static value => new RenderedBody(value.Json);
    private readonly DiscoveryCache _cache;
    private readonly RenderedBodies _bodies;
    private readonly WanAddresses _addresses;
    private readonly ChainKind _chains;
    private readonly FrozenDictionary<string, CachedRead> _byPath;

    public CachedReads(
        DiscoveryCache cache,
        RenderedBodies bodies,
        WanAddresses addresses,
        HealthKind health,
        InstancesKind instances,
        ServicesKind services,
        DatacentersKind datacenters,
        ChainKind chains,
        ExecuteKind queries)
    {
        (_cache, _bodies, _addresses, _chains) = (cache, bodies, addresses, chains);
        var instance = Permission.Filtered(AclResource.Service, "each instance, and node:read on its node");
        var connecting = Permission.Filtered(AclResource.Service, "the name and each instance, and node:read on its node");
        string[] ofInstances = ["tag", "node-meta", "filter"];
        string[] ofHealth = [.. ofInstances, "passing"];
        All =
        [
            new("/v1/health/service/", instance, ofHealth, request => InstancesAsync(health, request)),
            new("/v1/health/connect/", connecting, ofHealth, request => InstancesAsync(health, request, connect: true)),
            new("/v1/health/ingress/", connecting, ofHealth, request => InstancesAsync(health, request, ingress: true)),
            new("/v1/catalog/service/", instance, ofInstances, request => InstancesAsync(instances, request)),
            new("/v1/catalog/connect/", connecting, ofInstances, request => InstancesAsync(instances, request, connect: true)),
            new("/v1/catalog/services", Permission.Filtered(AclResource.Service, "each name"), ["node-meta", "filter"], request => ServicesAsync(services, request)),
            new("/v1/catalog/datacenters", Permission.None, [], request => DatacentersAsync(datacenters, request)),
            new("/v1/discovery-chain/", Permission.Of(AclResource.Service, AclAccess.Read, "the name"), ["compile-dc"], request => ChainAsync(request, static _ => Task.FromResult(string.Empty))),
            new("/v1/query/*/execute", instance, ["limit", "connect"], request => ExecuteAsync(queries, request)),
        ];
        _byPath = All.ToFrozenDictionary(static read => read.Path, StringComparer.Ordinal);
    }

    public IReadOnlyList<CachedRead> All { get; }

    /// <summary>What the GET of a path needs, wherever it is answered.</summary>
    public Permission PermissionOf(string path) => _byPath[path].Permission;

    /// <summary>Begins to answer a request that wants what is cached.</summary>
    /// <returns>False for every other request.</returns>
    public bool TryAnswer(WireRequest request, out Task answering)
    {
        if (!CachedRead.IsAskedFor(request) || !_byPath.TryGetValue(request.Route!.Route.Pattern, out var read))
        {
            answering = Task.CompletedTask;
            return false;
        }

        request.Hold();
        answering = read.AnswerAsync(request);
        return true;
    }

    /// <summary>Whether only what passes is wanted (HLT-3, HTTP-5).</summary>
    /// <exception cref="WireException">400.</exception>
    public static bool WantsPassing(WireQuery query) => query.Has("passing")
        && (query.First("passing") is not { Length: > 0 } word || (GoBool.Parse(word) ?? throw WireException.Invalid("Invalid value for ?passing")));

    /// <summary>Answers with a chain.</summary>
    /// <param name="overridesOf">Reads what is laid over it (DCH-8), as JSON in one form; empty for nothing.</param>
    public async Task ChainAsync(WireRequest request, Func<WireRequest, Task<string>> overridesOf)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.BadRequest("Missing chain name");
        var overrides = await overridesOf(request);
        request.FailsWithQueryHeaders = true;
        await AnswerAsync(request, _chains, options, new ChainQuery(name, request.Query.First("compile-dc"), overrides));
    }

    private async Task InstancesAsync(DiscoveryKind<InstancesQuery> kind, WireRequest request, bool connect = false, bool ingress = false)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.Invalid("Missing service name");
        var withoutHealth = kind is InstancesKind;

        // HDR-3.
        request.FailsWithQueryHeaders = withoutHealth;
        var query = new InstancesQuery(connect, name, request.Query.All("tag"), request.Query.All("node-meta"), options.Filter, ingress, withoutHealth);
        var answer = await ReadAsync(request, kind, options, query);
        WireReply.CachedQueryHeaders(request.Context, answer, options.Consistency);

        // HLT-3: behind the cache, and a bad word is refused when all the rest has been done.
        await ReplyAsync(request, !withoutHealth && WantsPassing(request.Query) ? answer with { Value = answer.Value.Passing } : answer, options.Datacenter);
    }

    private Task ServicesAsync(ServicesKind kind, WireRequest request)
    {
        request.RefuseNamespace();
        var options = ReadOptions.Parse(request);
        request.FailsWithQueryHeaders = true;
        return AnswerAsync(request, kind, options, new ServicesQuery(request.Query.All("node-meta"), options.Filter));
    }

    // Which there are depends neither on the token nor on the datacenter, so they are no part of the key.
    private async Task DatacentersAsync(DatacentersKind kind, WireRequest request)
    {
        var options = ReadOptions.Parse(request) with { Token = string.Empty, Datacenter = request.OwnDatacenter };
        var answer = await ReadAsync(request, kind, options, new DatacentersQuery());
        WireReply.CacheHeaders(request.Context, answer);
        await ReplyAsync(request, answer);
    }

    private async Task ExecuteAsync(ExecuteKind kind, WireRequest request)
    {
        var (options, limit, connect) = ExecuteParameters.Parse(request);
        await AnswerAsync(request, kind, options, new ExecuteQuery(request.Tail, limit, connect), options.Datacenter);
    }

    private async Task AnswerAsync<TQuery>(
        WireRequest request, DiscoveryKind<TQuery> kind, ReadOptions options, TQuery query, string? addressesOf = null)
        where TQuery : DiscoveryQuery
    {
        var answer = await ReadAsync(request, kind, options, query);
        WireReply.CachedQueryHeaders(request.Context, answer, options.Consistency);
        await ReplyAsync(request, answer, addressesOf);
    }

    private Task<CacheAnswer<DiscoveryList>> ReadAsync<TQuery>(WireRequest request, DiscoveryKind<TQuery> kind, in ReadOptions options, TQuery query)
        where TQuery : DiscoveryQuery =>
        _cache.GetAsync(kind, new DiscoveryRequest<TQuery>(options.Datacenter, options.Token, query), options.ToCacheRead(), request.Aborted);

    // With the datacenter of the addresses in it; null for none.
    private Task ReplyAsync(WireRequest request, CacheAnswer<DiscoveryList> answer, string? addressesOf = null)
    {
        if (answer.Value.IsFiltered)
        {
            request.TellFiltered();
        }

        return WireReply.JsonAsync(request, addressesOf is null || !_addresses.AreWanted
            ? _bodies.Of(answer.Value, Render, keep: answer.Hit)
            : TranslatedOf(answer, addressesOf));
    }

    // An entry is of one datacenter, so each of its values has one body.
    private RenderedBody TranslatedOf(CacheAnswer<DiscoveryList> answer, string datacenter) =>
        _bodies.Of(answer.Value, value => new RenderedBody(_addresses.Translate(value.Json, datacenter)), keep: answer.Hit);
}
