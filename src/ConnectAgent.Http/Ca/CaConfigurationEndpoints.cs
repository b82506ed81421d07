using System.Text.Json;
using System.Text.Json.Serialization;
using ConnectAgent.Agent;
using ConnectAgent.Agent.Servers;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Http.Ca;

/// <summary>The CA's configuration (ca section 2).</summary>
internal sealed class CaConfigurationEndpoints(
    AuthorityManager authority, AuthorityOptions options, IServerClient servers, AgentIdentity agent) : IWireEndpoints
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapWire(
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
        var change = await RequestBody.ReadAsync(
            request, CaConfigurationBody.Read, error => WireException.BadRequest("Request decode failed: " + error));
        await RequireAsync(request, request.Datacenter(), request.Token());

        // A caller that goes away does not stop a rotation half-way.
        await authority.ConfigureAsync(change, CancellationToken.None);
        await WireReply.EmptyAsync(request.Context, StatusCodes.Status200OK);
    }

    // CA-21: to read it needs as much as to write it.
    private async ValueTask RequireAsync(WireRequest request, string datacenter, string token)
    {
        agent.RequireDatacenter(datacenter);
        agent.RequireConnect();
        var rights = await servers.ResolveTokenAsync(token, request.Aborted);
        await rights.RequireAsync(AclQuestion.OperatorWrite, request.Aborted);
    }
}

/// <summary>The body of a change (CA-22, CA-23).</summary>
internal static class CaConfigurationBody
{
    private const string GoType =
        """struct { ForceWithoutCrossSigningSnake bool "json:\"force_without_cross_signing\""; *structs.Alias }""";

    public static CaConfigurationChange Read(ref GoJsonReader json)
    {
        var change = new CaConfigurationChange(string.Empty, "{}", null, ForceWithoutCrossSigning: false, 0);
        if (json.BeginDocument(GoType, out var isNull))
        {
            while (json.NextField())
            {
                change = Field(ref json, change);
            }
        }

        // The reference drops the connection.
        return isNull ? throw new GoJsonException("EOF") : Checked(ref json, change);
    }

    private static CaConfigurationChange Checked(ref GoJsonReader json, CaConfigurationChange change)
    {
        json.End();
        return change;
    }

    private static CaConfigurationChange Field(ref GoJsonReader json, CaConfigurationChange change)
    {
        const string Alias = "Alias.";
        if (json.Is("Provider"))
        {
            return change with { Provider = json.String(Alias + "Provider") ?? change.Provider };
        }

        if (json.Is("Config"))
        {
            return change with { Config = json.JsonObject(Alias + "Config") ?? "{}" };
        }

        if (json.Is("State"))
        {
            return change with { State = json.Map(Alias + "State") };
        }

        if (json.Is("ForceWithoutCrossSigning") || json.Is("force_without_cross_signing"))
        {
            return change with { ForceWithoutCrossSigning = json.Boolean(Alias + "ForceWithoutCrossSigning") ?? change.ForceWithoutCrossSigning };
        }

        if (json.Is("ModifyIndex"))
        {
            return change with { ModifyIndex = json.UnsignedInteger(Alias + "ModifyIndex") ?? change.ModifyIndex };
        }

        if (json.Is("CreateIndex"))
        {
            json.UnsignedInteger(Alias + "CreateIndex");
            return change;
        }

        json.Unknown();
        return change;
    }
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
