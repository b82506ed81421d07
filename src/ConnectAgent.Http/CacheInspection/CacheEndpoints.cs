using System.Globalization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Caching;
using ConnectAgent.Caching.Inspection;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;

namespace ConnectAgent.Http.CacheInspection;

/// <summary>The window into the cache, our own; docs/http-api.md describes it.</summary>
internal sealed class CacheEndpoints(
    AgentCache cache, CacheInspector inspector, IServerClient servers, IServerStatus status, AgentIdentity agent)
    : IWireEndpoints
{
    public void Map(WireRoutes routes)
    {
        routes.MapWire("/v1/agent/connect/cache", (HttpMethods.Get, Permission.Of(AclResource.Agent, AclAccess.Read, "this node"), GetEntriesAsync));
        routes.MapWire("/v1/agent/connect/cache/summary", (HttpMethods.Get, Permission.AgentRead, GetSummaryAsync));
        routes.MapWire("/v1/agent/connect/cache/", (HttpMethods.Delete, Permission.AgentWrite, DropAsync));
    }

    private async Task GetEntriesAsync(WireRequest request)
    {
        var options = ReadOptions.Parse(request);
        await RequireAgentReadAsync(request);
        var filter = ListFilter.Compile(options.Filter, CacheEntryFilter.Schema);
        var offset = OffsetOf(request.Query.First("offset"));
        var index = await ChangedAsync(options, request.Aborted);
        if (options.Blocking.Blocks)
        {
            // The right may have gone while the read was blocked (acl ACL-SEC-3).
            await RequireAgentReadAsync(request);
        }

        var entries = inspector.Entries(request.Query.First("kind"), entry => filter?.Matches(entry) is not false, offset, out var hasMore);
        if (hasMore)
        {
            request.Context.Response.Headers["X-Connect-Agent-Next-Offset"] = (offset + entries.Count).ToString(CultureInfo.InvariantCulture);
        }

        WireReply.Index(request.Context, index);
        await WireReply.JsonAsync(request, [.. entries.Select(CacheEntryReply.Of)], CacheInspectionJson.Default.IReadOnlyListCacheEntryReply);
    }

    private Task GetSummaryAsync(WireRequest request) =>
        WireReply.JsonAsync(request, CacheSummaryReply.Of(inspector.Summary(), status.Signing()), CacheInspectionJson.Default.CacheSummaryReply);

    private async Task DropAsync(WireRequest request)
    {
        if (!inspector.Drop(request.Tail))
        {
            throw new ServerException(FailureKind.NotFound, "No such cache entry");
        }

        await WireReply.JsonAsync(request, true, WireJson.Default.Boolean);
    }

    // Blocking as the other agent reads do: until a greater index, or exactly the wait (CACHE-11).
    private async Task<ulong> ChangedAsync(ReadOptions options, CancellationToken cancellationToken)
    {
        var limit = new CacheRead(options.Blocking).Limit;
        using var time = new CancellationTokenSource(limit);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(time.Token, cancellationToken);
        while (true)
        {
            var next = cache.Changes.Next;
            var index = cache.Changes.Index;
            if (!options.Blocking.Blocks || index > options.Blocking.Index || cache.IsClosing)
            {
                return index;
            }

            try
            {
                await next.WaitAsync(ended.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return cache.Changes.Index;
            }
        }
    }

    private static int OffsetOf(string text) => text.Length == 0 ? 0
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var offset) && offset < int.MaxValue / 2 ? offset
        : throw WireException.Invalid("Invalid value for ?offset");

    private ValueTask RequireAgentReadAsync(WireRequest request) =>
        servers.RequireAsync(request.Token(), new AccessRequest(AclResource.Agent, agent.NodeName, AclAccess.Read), request.Aborted);
}
