using System.Text.Json;
using ConnectAgent.Agent.Identity;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.ControlPlane.Catalog;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Services;
using ConnectAgent.State;

namespace ConnectAgent.Http.Health;

/// <summary>The checks of a node, of a service, or in a state (services HLT-6).</summary>
internal sealed class CheckEndpoints(CatalogStore catalog, TokenResolver tokens, AgentIdentity agent) : IWireEndpoints
{
    private const string AnyState = "any";

    public void Map(WireRoutes routes)
    {
        var permission = Permission.Filtered(AclResource.Node, "each node, and service:read for checks of services");
        Map("/v1/health/node/", "Missing node name", CatalogReads.ChecksOfNode);
        Map("/v1/health/checks/", "Missing service name", CatalogReads.ChecksOfService);
        Map("/v1/health/state/", "Missing check state", static (state, status) => CatalogReads.ChecksInState(state, status == AnyState ? null : status));

        void Map(string path, string missing, Func<StateSnapshot, string, CatalogView<IReadOnlyList<HealthCheck>>> read) =>
            routes.MapWire(path, (HttpMethods.Get, permission, request => AnswerAsync(request, missing, read)));
    }

    private async Task AnswerAsync(WireRequest request, string missing, Func<StateSnapshot, string, CatalogView<IReadOnlyList<HealthCheck>>> read)
    {
        var options = ReadOptions.Parse(request);
        request.RefuseNamespace();
        var name = request.Tail.Length > 0 ? request.Tail : throw WireException.Invalid(missing);
        request.FailsWithQueryHeaders = true;
        agent.RequireDatacenter(options.Datacenter);
        tokens.Resolve(options.Token);
        var filter = ListFilter.Compile(options.Filter, ServiceFilters.Check);
        var meta = NodeMetaFilter.Parse(request.Query.All("node-meta"));
        var (checks, index) = await catalog.ChecksAsync(
            state => read(state, name), meta.IsEmpty ? null : node => meta.Matches(node?.Meta), ControlPlaneReads.Blocking(options, tokens), request.Aborted);
        var rights = tokens.Resolve(options.Token);
        var visible = request.Visible(checks, rights.MayRead);
        WireReply.QueryHeaders(request.Context, index, effective: options.Consistency);
        await WireReply.JsonAsync(request, writer => Write(writer, filter is null ? visible : visible.Where(filter.Matches)));
    }

    private static void Write(Utf8JsonWriter writer, IEnumerable<HealthCheck> checks)
    {
        writer.WriteStartArray();
        foreach (var check in checks)
        {
            CheckJson.Write(writer, check);
        }

        writer.WriteEndArray();
    }
}
