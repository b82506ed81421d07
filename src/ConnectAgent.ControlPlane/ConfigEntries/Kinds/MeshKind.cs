using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>services CFG-10: one entry, whose name is not shown.</summary>
internal sealed class MeshKind() : DocumentKind("mesh", new ObjectType(
    CommonFields.Kind,
    new("Name", OnlyName),
    new("TransparentProxy", new ObjectType(new ConfigField("MeshDestinationsOnly", FlagType.Instance, Always: true)), Always: true),
    CommonFields.Meta,
    CommonFields.CreateIndex,
    CommonFields.ModifyIndex))
{
    private const string TheOne = "mesh";

    // The reference's entry has no such field; the one name that it could be does no harm, any other would write this entry unasked.
    private static readonly FixedTextType OnlyName = new(TheOne);

    public override AccessRequest? ToRead(string entry) => null;

    public override AccessRequest ToDelete(string entry) => AccessRequest.OperatorWrite;

    protected override string NameOf(JsonObject document) => TheOne;
}
