using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.ControlPlane.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>services CFG-8.</summary>
internal sealed class ServiceDefaultsKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "service-defaults";

    private static readonly ObjectType Upstream = new(
        new("Name", TextType.Instance),
        new("EnvoyListenerJSON", TextType.Instance),
        new("EnvoyClusterJSON", TextType.Instance),
        new("Protocol", TextType.Instance),
        new("ConnectTimeoutMs", NumberType.Whole),
        new("Limits", new ObjectType(
            new("MaxConnections", NumberType.Whole),
            new("MaxPendingRequests", NumberType.Whole),
            new("MaxConcurrentRequests", NumberType.Whole))),
        new("PassiveHealthCheck", new ObjectType(new("Interval", DurationType.Instance), new("MaxFailures", NumberType.Whole))),
        CommonFields.MeshGateway);

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Protocol", TextType.Instance, Always: true),
        CommonFields.Mode,
        CommonFields.TransparentProxy,
        CommonFields.MeshGateway,
        CommonFields.Expose,
        new("ExternalSNI", TextType.Instance),
        new("UpstreamConfig", new ObjectType(
            new("Overrides", new ListType(Upstream, refusesNull: true)), new("Defaults", Upstream))),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) =>
        ((ConfigEntry?)before)?.Protocol != ((ConfigEntry?)after)?.Protocol;

    protected override void Normalize(JsonObject document) => document["Protocol"] = document.Text("Protocol").ToLowerInvariant();

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        ConfigCheck.Require(entry != "*", "service-defaults name must be the name of a service, and not a wildcard");
    }

    protected override string? ProtocolOf(JsonObject document) => document.Text("Protocol") is { Length: > 0 } protocol ? protocol : null;

    protected override void CheckState(StateSnapshot state, string entry) => ServiceProtocols.RequireFor(state, entry);
}
