using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using Microsoft.AspNetCore.Http.Features;

namespace ConnectAgent.Http;

/// <summary>Backs up and restores the embedded control plane's state, keys included (docs/operations.md).</summary>
internal sealed class SnapshotEndpoints(StateStore store, IServerClient servers, AgentIdentity agent, TimeProvider clock) : IWireEndpoints
{
    /// <summary>The longest snapshot that is taken, in bytes.</summary>
    [Limit("snapshot.body", "bytes", "refused: 413", Refuses = true)]
    public const long LongestSnapshot = 1L << 30;

    public void Map(IEndpointRouteBuilder routes) =>
        routes.MapWire("/v1/snapshot", (HttpMethods.Get, Permission.AclWrite, SaveAsync), (HttpMethods.Put, Permission.AclWrite, RestoreAsync));

    private async Task SaveAsync(WireRequest request)
    {
        await RequireAsync(request);
        var image = store.Export();
        using var archive = new MemoryStream();
        SnapshotArchive.Write(archive, image, clock.GetUtcNow());
        WireReply.Index(request.Context, image.Index);
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.BytesAsync(
            request.Context, StatusCodes.Status200OK, "application/x-gzip", archive.GetBuffer().AsMemory(0, (int)archive.Length), compress: false);
    }

    private async Task RestoreAsync(WireRequest request)
    {
        await RequireAsync(request);
        request.Context.Features.GetRequiredFeature<IHttpMaxRequestBodySizeFeature>().MaxRequestBodySize = LongestSnapshot;
        using var archive = new MemoryStream();
        try
        {
            await request.Context.Request.Body.CopyToAsync(archive, request.Aborted);
            archive.Position = 0;
            await store.RestoreAsync(SnapshotArchive.Read(archive).Image);
        }
        catch (BadHttpRequestException error)
        {
            throw new WireException(error.StatusCode, $"the snapshot is larger than {LongestSnapshot} bytes");
        }
        catch (Exception error) when (error is InvalidDataException or StateStorageException)
        {
            // Nothing was changed: the file is read to its end and checked before.
            throw WireException.BadRequest("the snapshot cannot be restored: " + error.Message);
        }

        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    private async ValueTask RequireAsync(WireRequest request)
    {
        agent.RequireDatacenter(request.Datacenter());
        TokenRights.Require((await servers.ResolveTokenAsync(request.Token(), request.Aborted)).Snapshot(), AclQuestion.AclWrite);
    }
}
