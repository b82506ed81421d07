using System.Globalization;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Shares of the traffic of a service by weight, which add up to 100 (services CFG-12).</summary>
internal sealed class ServiceSplitterKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "service-splitter";

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Splits", new ListType(
            new ObjectType(
                new("Weight", NumberType.Hundredths, Always: true),
                new("Service", TextType.Name),
                new("ServiceSubset", TextType.Name),
                CommonFields.Namespace),
            ConfigBounds.Splits,
            refusesNull: true)),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) => true;

    public override IEnumerable<AccessRequest> ToWrite(IConfigEntry entry) =>
        [.. base.ToWrite(entry), .. ToRefer(entry, DocumentOf(entry).Objects("Splits").Select(split => split.Text("Service")))];

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        var splits = document.Objects("Splits");
        ConfigCheck.Require(splits.Count > 0, "no splits configured");
        var sum = splits.Sum(split => split["Weight"]!.GetValue<decimal>());
        ConfigCheck.Require(
            sum == 100, "the sum of all split weights must be 100, not " + sum.ToString("0.000000", CultureInfo.InvariantCulture));
        HashSet<(string Service, string Subset)> seen = [];
        foreach (var split in splits)
        {
            var service = split.Text("Service") is { Length: > 0 } other ? other : entry;
            var subset = split.Text("ServiceSubset");
            ConfigCheck.Require(
                seen.Add((service, subset)),
                $"split destination occurs more than once: service={GoQuote.Of(service)}, subset={GoQuote.Of(subset)}, namespace=\"default\"");
        }
    }
}
