using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Kept and shown for gateways that ask (clients GOREQ-30).</summary>
internal sealed class TerminatingGatewayKind() : DocumentKind(KindName, new ObjectType(
    CommonFields.Kind,
    CommonFields.Name,
    new("Services", new ListType(
        new ObjectType(
            new("Name", TextType.Name),
            new("CAFile", TextType.Name),
            new("CertFile", TextType.Name),
            new("KeyFile", TextType.Name),
            new("SNI", TextType.Name),
            CommonFields.Namespace),
        ConfigBounds.Services,
        refusesNull: true)),
    CommonFields.Meta,
    CommonFields.CreateIndex,
    CommonFields.ModifyIndex))
{
    public const string KindName = "terminating-gateway";

    public override AccessRequest ToDelete(string entry) => AccessRequest.OperatorWrite;

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        HashSet<string> names = new(StringComparer.Ordinal);
        foreach (var service in document.Objects("Services"))
        {
            var name = service.Text("Name");
            ConfigCheck.Require(name.Length > 0, "Service name cannot be blank.");
            ConfigCheck.Require(names.Add(name), $"Service {GoQuote.Of(name)} was specified more than once within a namespace");

            // An authority alone is one-way TLS; a certificate needs all three.
            var (certificate, key) = (service.Has("CertFile"), service.Has("KeyFile"));
            ConfigCheck.Require(
                (!certificate && !key) || (certificate && key && service.Has("CAFile")),
                $"Service {GoQuote.Of(name)} must have a CertFile, CAFile, and KeyFile specified for TLS origination");
        }
    }

    protected override void CheckState(StateSnapshot state, string entry) =>
        GatewayChecks.RequireOneKind(state, entry, KindName, IngressGatewayKind.KindName);
}
