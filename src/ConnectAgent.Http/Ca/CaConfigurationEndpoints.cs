using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Agent.Identity;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Ca;

/// <summary>The CA's configuration (ca section 2).</summary>
internal sealed class CaConfigurationEndpoints(
    AuthorityManager authority, AuthorityOptions options, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(WireRoutes routes) => routes.MapWire(
        "/v1/connect/ca/configuration",
        (HttpMethods.Get, Permission.OperatorWrite, GetAsync),
        (HttpMethods.Put, Permission.OperatorWrite, PutAsync));

    private async Task GetAsync(WireRequest request)
    {
        var read = ReadOptions.Parse(request);
        await RequireAsync(request, read.Datacenter, read.Token);
        var stored = authority.ReadConfiguration();

        // CA-35: the reference shows them.
        using var config = JsonDocument.Parse(options.ShowSecrets ? stored.Config : CaConfigMap.Hide(stored.Config));
        request.Context.Response.Headers.CacheControl = "no-store";
        await WireReply.JsonAsync(
            request,
            new CaConfigurationReply(
                stored.Provider, config.RootElement, stored.State, stored.ForceWithoutCrossSigning, stored.CreateIndex, stored.ModifyIndex),
            CaJson.Default.CaConfigurationReply);
    }

    private async Task PutAsync(WireRequest request)
    {
        var change = await RequestBody.ReadAsync(request, CaConfigurationBody.Schema);
        await RequireAsync(request, request.Datacenter(), request.Token());

        // A caller that goes away does not stop a rotation half-way.
        await authority.ConfigureAsync(change, CancellationToken.None);
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    // CA-21: to read it needs as much as to write it.
    private ValueTask RequireAsync(WireRequest request, string datacenter, string token)
    {
        agent.RequireDatacenter(datacenter);
        agent.RequireConnect();
        return servers.RequireAsync(token, AccessRequest.OperatorWrite, request.Aborted);
    }
}

/// <summary>The body of a change (CA-22, CA-23).</summary>
internal static class CaConfigurationBody
{
    /// <summary>A null makes the reference drop the connection.</summary>
    public static SchemaType<CaConfigurationChange> Schema { get; } = new RecordType<CaConfigurationChange>(
            static () => new CaConfigurationChange(string.Empty, "{}", null, ForceWithoutCrossSigning: false, 0),
            "Alias",
            """of type struct { ForceWithoutCrossSigningSnake bool "json:\"force_without_cross_signing\""; *structs.Alias }""",
            refusesNull: true)
        .Field("Provider", SchemaTypes.Text, static (change, provider) => change with { Provider = provider })
        .Field("Config", KeptJson.Map, static (change, config) => change with { Config = config })
        .Field("State", SchemaTypes.TextMap, static (change, state) => change with { State = state })
        .Field("ForceWithoutCrossSigning", SchemaTypes.Flag, ForceWithoutCrossSigning)
        .Field("force_without_cross_signing", SchemaTypes.Flag, ForceWithoutCrossSigning)
        .Field("ModifyIndex", SchemaTypes.UInt64, static (change, index) => change with { ModifyIndex = index })
        .Dropped(SchemaTypes.UInt64, "CreateIndex");

    private static CaConfigurationChange ForceWithoutCrossSigning(CaConfigurationChange change, bool isForced) =>
        change with { ForceWithoutCrossSigning = isForced };
}

/// <summary>CA-20; fields in output order.</summary>
/// <param name="Config">Keys sorted.</param>
internal sealed record CaConfigurationReply(
    string Provider,
    JsonElement Config,
    [property: JsonConverter(typeof(SortedMapConverter))] IReadOnlyDictionary<string, string>? State,
    bool ForceWithoutCrossSigning,
    ulong CreateIndex,
    ulong ModifyIndex);
