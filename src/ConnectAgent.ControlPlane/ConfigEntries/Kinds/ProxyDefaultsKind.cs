using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>services CFG-9: one entry, whatever name was sent; a list of one in its configuration stays a list.</summary>
internal sealed class ProxyDefaultsKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "proxy-defaults";

    /// <summary>The name of the only entry.</summary>
    public const string Global = "global";

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Config", FreeMapType.Instance, Always: true),
        CommonFields.Mode,
        CommonFields.TransparentProxy,
        CommonFields.MeshGateway,
        CommonFields.Expose,
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) =>
        ((ConfigEntry?)before)?.Protocol != ((ConfigEntry?)after)?.Protocol;

    public override AccessRequest? ToRead(string entry) => null;

    public override AccessRequest ToDelete(string entry) => AccessRequest.OperatorWrite;

    protected override string NameOf(JsonObject document) => Global;

    protected override void Normalize(JsonObject document) => document["Name"] = Global;

    protected override string? ProtocolOf(JsonObject document) =>
        document.Object("Config")?["protocol"] is JsonValue value && value.GetValueKind() == JsonValueKind.String
            && value.GetValue<string>() is { Length: > 0 } protocol
            ? protocol
            : null;
}
