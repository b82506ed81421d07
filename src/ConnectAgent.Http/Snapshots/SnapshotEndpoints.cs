using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Tokens;
using ConnectAgent.State;
using ConnectAgent.State.Snapshots;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http.Snapshots;

/// <summary>Backs up and restores the embedded control plane's state, keys included (docs/operations.md). Neither way holds the file in memory.</summary>
internal sealed class SnapshotEndpoints(
    StateStore store, StateTableSet tables, SnapshotOptions options, SnapshotCheck check, IServerClient servers, AgentIdentity agent, TimeProvider clock) : IWireEndpoints
{
    // Each holds a second state in memory until it replaces the first.
    [Limit(RestoresLimit, "at once", "refused: 429", Refuses = true)]
    private const int MostRestores = 1;
    private const string RestoresLimit = "snapshot.restores";

    private int _restores;

    public void Map(WireRoutes routes) =>
        routes.MapWire("/v1/snapshot", (HttpMethods.Get, Permission.AclWrite, SaveAsync), (HttpMethods.Put, Permission.AclWrite, RestoreAsync));

    private async Task SaveAsync(WireRequest request)
    {
        await RequireAsync(request);
        var image = store.Export();
        var response = request.Context.Response;
        WireReply.Index(request.Context, image.Index);
        response.Headers.CacheControl = "no-store";
        response.ContentType = "application/x-gzip";
        await SnapshotWriter.WriteAsync(response.Body, image, tables, options, clock.GetUtcNow(), request.Aborted);
    }

    private async Task RestoreAsync(WireRequest request)
    {
        await RequireAsync(request);
        request.Context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = SnapshotUnpacking.Longest;
        if (Interlocked.Increment(ref _restores) > MostRestores)
        {
            Interlocked.Decrement(ref _restores);
            throw new WireException(StatusCodes.Status429TooManyRequests, "another snapshot is being restored, try again later") { Limit = RestoresLimit };
        }

        await using var file = new SnapshotUnpacking(request.Context.Request.Body);
        try
        {
            var (_, image) = await new SnapshotReader(file, tables, options).ReadAsync(request.Aborted);
            await check.RequireAsync(image, request.Aborted);
            await store.RestoreAsync(image);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw new WireException(error.StatusCode, $"the snapshot is larger than {SnapshotUnpacking.Longest} bytes") { Limit = SnapshotUnpacking.LengthLimit };
        }
        catch (SnapshotException error)
        {
            // Nothing was changed: the file is read to its end and checked before.
            throw new WireException(StatusCodes.Status400BadRequest, "Bad request: the snapshot cannot be restored: " + error.Message) { Limit = error.Limit };
        }
        finally
        {
            Interlocked.Decrement(ref _restores);
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async ValueTask RequireAsync(WireRequest request)
    {
        agent.RequireDatacenter(request.Datacenter());
        TokenRights.Require((await servers.ResolveTokenAsync(request.Token(), request.Aborted)).Snapshot(), AccessRequest.AclWrite);
    }
}
