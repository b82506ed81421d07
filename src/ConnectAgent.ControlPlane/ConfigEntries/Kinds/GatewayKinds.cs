using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Kept and shown for gateways that ask (clients GOREQ-30).</summary>
internal sealed class IngressGatewayKind() : DocumentKind("ingress-gateway", new ObjectType(
    CommonFields.Kind,
    CommonFields.Name,
    new("TLS", new ObjectType(new ConfigField("Enabled", FlagType.Instance, Always: true)), Always: true),
    new("Listeners", new ListType(
        new ObjectType(
            new("Port", NumberType.Whole, Always: true),
            new("Protocol", TextType.Instance, Always: true),
            new("Services", new ListType(
                new ObjectType(
                    new("Name", TextType.Instance, Always: true),
                    new("Hosts", ListType.OfTexts),
                    CommonFields.Namespace,
                    CommonFields.Meta,
                    new("RequestHeaders", HeaderChanges),
                    new("ResponseHeaders", HeaderChanges)),
                refusesNull: true))),
        refusesNull: true)),
    CommonFields.Meta,
    CommonFields.CreateIndex,
    CommonFields.ModifyIndex))
{
    private static readonly ObjectType HeaderChanges = new(
        new("Add", MapType.OfTexts), new("Set", MapType.OfTexts), new("Remove", ListType.OfTexts));

    public override AclQuestion ToDelete(string entry) => AclQuestion.OperatorWrite;

    protected override void Normalize(JsonObject document)
    {
        foreach (var listener in document.Objects("Listeners"))
        {
            listener["Protocol"] = listener.Text("Protocol") is { Length: > 0 } protocol ? protocol.ToLowerInvariant() : "tcp";
        }
    }
}

/// <summary>Kept and shown for gateways that ask (clients GOREQ-30).</summary>
internal sealed class TerminatingGatewayKind() : DocumentKind("terminating-gateway", new ObjectType(
    CommonFields.Kind,
    CommonFields.Name,
    new("Services", new ListType(
        new ObjectType(
            new("Name", TextType.Instance),
            new("CAFile", TextType.Instance),
            new("CertFile", TextType.Instance),
            new("KeyFile", TextType.Instance),
            new("SNI", TextType.Instance),
            CommonFields.Namespace),
        refusesNull: true)),
    CommonFields.Meta,
    CommonFields.CreateIndex,
    CommonFields.ModifyIndex))
{
    public override AclQuestion ToDelete(string entry) => AclQuestion.OperatorWrite;
}
