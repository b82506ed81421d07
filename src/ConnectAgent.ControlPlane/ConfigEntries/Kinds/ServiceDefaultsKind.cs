using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>The defaults of one service, its protocol above all (services CFG-8).</summary>
internal sealed class ServiceDefaultsKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "service-defaults";

    private static readonly ObjectType Upstream = new(
        new("Name", TextType.Name),
        new("EnvoyListenerJSON", TextType.Instance),
        new("EnvoyClusterJSON", TextType.Instance),
        new("Protocol", TextType.Name),
        new("ConnectTimeoutMs", NumberType.Int),
        new("Limits", new ObjectType(
            new("MaxConnections", NumberType.OptionalInt),
            new("MaxPendingRequests", NumberType.OptionalInt),
            new("MaxConcurrentRequests", NumberType.OptionalInt))),
        new("PassiveHealthCheck", new ObjectType(new("Interval", DurationType.Nanoseconds), new("MaxFailures", NumberType.UInt32))),
        CommonFields.MeshGateway);

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Protocol", TextType.Name, Always: true),
        CommonFields.Mode,
        CommonFields.TransparentProxy,
        CommonFields.MeshGateway,
        CommonFields.Expose,
        new("ExternalSNI", TextType.Instance),
        new("UpstreamConfig", new ObjectType(
            new("Overrides", new ListType(Upstream, ConfigBounds.Overrides, refusesNull: true)), new("Defaults", Upstream))),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) =>
        ((ConfigEntry?)before)?.Protocol != ((ConfigEntry?)after)?.Protocol || SniOf(before) != SniOf(after);

    protected override void Normalize(JsonObject document)
    {
        document["Protocol"] = document.Text("Protocol").ToLowerInvariant();
        foreach (var upstream in UpstreamsOf(document))
        {
            if (upstream.Text("Protocol") is { Length: > 0 } protocol)
            {
                upstream["Protocol"] = protocol.ToLowerInvariant();
            }

            if (upstream["ConnectTimeoutMs"]?.GetValue<long>() < 0)
            {
                upstream.Remove("ConnectTimeoutMs");
            }
        }
    }

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        ConfigCheck.Require(entry != "*", "service-defaults name must be the name of a service, and not a wildcard");
        List<string> errors = [];
        var upstreams = document.Object("UpstreamConfig");
        foreach (var upstream in upstreams?.Objects("Overrides") ?? [])
        {
            errors.AddRange(ErrorsOf(upstream, isNamed: true).Select(error => $"error in upstream override for {upstream.Text("Name")}: {error}"));
        }

        if (upstreams?.Object("Defaults") is { } defaults)
        {
            errors.AddRange(ErrorsOf(defaults, isNamed: false).Select(error => $"error in upstream defaults: {error}"));
        }

        ConfigCheck.RequireNone(errors);
    }

    protected override string? ProtocolOf(JsonObject document) => document.Text("Protocol") is { Length: > 0 } protocol ? protocol : null;

    private static string SniOf(IConfigEntry? entry) => entry is null ? string.Empty : DocumentOf(entry).Text("ExternalSNI");

    private static IEnumerable<JsonObject> UpstreamsOf(JsonObject document)
    {
        var upstreams = document.Object("UpstreamConfig") ?? [];
        return upstreams.Objects("Overrides").Concat(upstreams.Object("Defaults") is { } defaults ? [defaults] : []);
    }

    private static IEnumerable<string> ErrorsOf(JsonObject upstream, bool isNamed)
    {
        var name = upstream.Text("Name");
        if (isNamed && (name is "" or "*"))
        {
            yield return name.Length == 0 ? "Name is required" : "Wildcard name is not supported";
        }
        else if (!isNamed && name.Length > 0)
        {
            yield return "Name must be empty";
        }
        else if (upstream.Object("PassiveHealthCheck")?["Interval"]?.GetValue<long>() < 0)
        {
            yield return "passive health check interval cannot be negative";
        }
    }
}
