using System.Text.Json;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Chains;

/// <summary>The body that asks for a chain with overrides (services DCH-1): CamelCase or snake_case, and unknown names are ignored.</summary>
internal static class ChainOverridesBody
{
    private static readonly SchemaType<string> Gateway = new RecordType<string>(static () => string.Empty)
        .Field("Mode", SchemaTypes.Text, static (_, mode) => mode);

    private static readonly SchemaType<ChainOverrides> Schema = new RecordType<ChainOverrides>(static () => ChainOverrides.None)
        .Field("OverrideMeshGateway", Gateway, static (body, mode) => body with { MeshGatewayMode = mode }, "override_mesh_gateway")
        .Field("OverrideProtocol", SchemaTypes.Text, static (body, protocol) => body with { Protocol = protocol.ToLowerInvariant() }, "override_protocol")
        .Field(
            "OverrideConnectTimeout",
            SchemaTypes.ExactDuration,
            static (body, timeout) => body with { ConnectTimeout = timeout.Nanoseconds },
            "override_connect_timeout");

    /// <summary>Reads it.</summary>
    /// <exception cref="WireException">400.</exception>
    public static async Task<ChainOverrides> ReadAsync(WireRequest request)
    {
        var overrides = Decode(await RequestBody.ReadAsync(request, KeptJson.Document, Undecodable));
        return overrides.MeshGatewayMode is "" or "none" or "local" or "remote"
            ? overrides
            : throw WireException.Invalid("Invalid OverrideMeshGateway.Mode parameter");
    }

    /// <summary>Of a body that is read.</summary>
    /// <exception cref="WireException">400.</exception>
    internal static ChainOverrides Decode(JsonElement body)
    {
        if (body.ValueKind == JsonValueKind.Null)
        {
            return ChainOverrides.None;
        }

        var decoding = new Decoding();
        try
        {
            var overrides = Schema.TryRead(body, decoding, out var read) ? read : ChainOverrides.None;
            decoding.Finish();
            return overrides;
        }
        catch (MapstructureException error)
        {
            throw Undecodable(error.Message);
        }
    }

    private static WireException Undecodable(string error) => WireException.BadRequest("Request decoding failed: " + error);

    private sealed class Decoding : MapstructureDecoding
    {
        public override void Unknown(string more)
        {
            // Clients send what newer servers take, too.
        }
    }
}
