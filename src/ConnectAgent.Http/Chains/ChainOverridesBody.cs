using System.Text;
using System.Text.Json;
using ConnectAgent.ControlPlane.Chains;
using ConnectAgent.Http.Wire;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Http.Chains;

/// <summary>The body that asks for a chain with overrides (services DCH-1): CamelCase or snake_case, and unknown names are ignored.</summary>
internal static class ChainOverridesBody
{
    // What is asked for is a part of the cache's key.
    private static readonly SchemaType<string> Name = SchemaTypes.TextOf(ServiceBounds.Name);

    private static readonly SchemaType<string> Gateway = new RecordType<string>(static () => string.Empty)
        .Field("Mode", Name, static (_, mode) => mode);

    private static readonly SchemaType<ChainOverrides> Schema = new RecordType<ChainOverrides>(static () => ChainOverrides.None)
        .Field("OverrideMeshGateway", Gateway, static (body, mode) => body with { MeshGatewayMode = mode }, "override_mesh_gateway")
        .Field("OverrideProtocol", Name, static (body, protocol) => body with { Protocol = protocol.ToLowerInvariant() }, "override_protocol")
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

    /// <summary>The same as one text, the same for the same overrides; empty for none.</summary>
    /// <exception cref="WireException">400.</exception>
    public static async Task<string> ReadTextAsync(WireRequest request) => await ReadAsync(request) is var overrides && overrides == ChainOverrides.None
        ? string.Empty
        : Encoding.UTF8.GetString(WireReply.Render(
            writer =>
            {
                writer.WriteStartObject();
                writer.WriteNumber("OverrideConnectTimeout"u8, overrides.ConnectTimeout);
                writer.WriteStartObject("OverrideMeshGateway"u8);
                writer.WriteString("Mode"u8, overrides.MeshGatewayMode);
                writer.WriteEndObject();
                writer.WriteString("OverrideProtocol"u8, overrides.Protocol);
                writer.WriteEndObject();
            },
            pretty: false).Span);

    /// <summary>What such a text says.</summary>
    public static ChainOverrides OfText(string text)
    {
        if (text.Length == 0)
        {
            return ChainOverrides.None;
        }

        using var document = JsonDocument.Parse(text);
        return Decode(document.RootElement);
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
