using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>How instances of a service are found: subsets, redirect, failover (services CFG-11).</summary>
internal sealed partial class ServiceResolverKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "service-resolver";

    private static readonly ObjectType Fields = new(
        new("ConnectTimeout", DurationType.Text),
        CommonFields.Kind,
        CommonFields.Name,
        new("DefaultSubset", TextType.Name),
        new("Subsets", new MapType(
            new ObjectType(new("Filter", TextType.Instance), new("OnlyPassing", FlagType.Instance)), ConfigBounds.Subsets)),
        new("Redirect", new ObjectType(
            new("Service", TextType.Name),
            new("ServiceSubset", TextType.Name),
            CommonFields.Namespace,
            new("Datacenter", TextType.Name))),
        new("Failover", new MapType(
            new ObjectType(
                new("Service", TextType.Name),
                new("ServiceSubset", TextType.Name),
                CommonFields.Namespace,
                new("Datacenters", new ListType(TextType.Name, ConfigBounds.Datacenters))),
            ConfigBounds.Failovers)),
        new("LoadBalancer", LoadBalancing.Fields),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) => true;

    public override IEnumerable<AccessRequest> ToWrite(IConfigEntry entry)
    {
        var document = DocumentOf(entry);
        var targets = (document.Object("Failover")?.Select(pair => pair.Value!.AsObject()) ?? []).Append(document.Object("Redirect") ?? []);
        return [.. base.ToWrite(entry), .. ToRefer(entry, targets.Select(target => target.Text("Service")))];
    }

    public override IEnumerable<string> WarningsOf(IConfigEntry entry) =>
        (DocumentOf(entry).Object("Subsets") ?? []).Select(subset => (subset.Key, Filter: subset.Value!.AsObject().Text("Filter")))
            .Where(subset => subset.Filter.Length > 0 && FilterSyntax.WhyNoExpression(subset.Filter) is not null)
            .Select(subset => $"the filter of subset {GoQuote.Of(subset.Key)} is no expression");

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        var subsets = document.Object("Subsets") ?? [];
        foreach (var (subset, _) in subsets)
        {
            ConfigCheck.Require(subset.Length > 0, "Subset defined with empty name");
            ConfigCheck.Require(
                subset.Length <= 63 && SubsetName().IsMatch(subset),
                $"Subset {GoQuote.Of(subset)} is invalid: must be 63 characters or fewer, begin or end with lower case alphanumeric characters, "
                    + "and contain lower case alphanumeric characters or '-' in between");
        }

        var fallback = document.Text("DefaultSubset");
        ConfigCheck.Require(fallback.Length == 0 || subsets.ContainsKey(fallback), $"DefaultSubset {GoQuote.Of(fallback)} is not a valid subset");
        ConfigCheck.Require(!document.Has("Redirect") || !document.Has("Failover"), "Redirect and Failover cannot both be set");
        if (document.Object("Redirect") is { } redirect)
        {
            CheckRedirect(entry, redirect, subsets);
        }

        foreach (var (subset, failover) in document.Object("Failover") ?? [])
        {
            CheckFailover(entry, $"Bad Failover[{GoQuote.Of(subset)}]", subset, failover!.AsObject(), subsets);
        }

        var timeout = document.Text("ConnectTimeout");
        ConfigCheck.Require(!timeout.StartsWith('-'), $"Bad ConnectTimeout '{timeout}', must be >= 0");
        if (document.Object("LoadBalancer") is { } balancer)
        {
            LoadBalancing.Check(balancer);
        }
    }

    private static void CheckRedirect(string entry, JsonObject redirect, JsonObject subsets)
    {
        var (service, subset) = (redirect.Text("Service"), redirect.Text("ServiceSubset"));
        ConfigCheck.Require(
            service.Length + subset.Length + redirect.Text("Namespace").Length + redirect.Text("Datacenter").Length > 0, "Redirect is empty");
        ConfigCheck.Require(subset.Length == 0 || service.Length > 0, "Redirect.ServiceSubset defined without Redirect.Service");
        ConfigCheck.Require(
            subset.Length == 0 || service != entry || subsets.ContainsKey(subset),
            $"Redirect.ServiceSubset {GoQuote.Of(subset)} is not a valid subset of {GoQuote.Of(service)}");
    }

    private static void CheckFailover(string entry, string at, string subset, JsonObject failover, JsonObject subsets)
    {
        var (service, target) = (failover.Text("Service"), failover.Text("ServiceSubset"));
        ConfigCheck.Require(subset == "*" || subsets.ContainsKey(subset), $"{at}: not a valid subset");
        ConfigCheck.Require(
            service.Length + target.Length + failover.Text("Namespace").Length + failover.Texts("Datacenters").Count > 0,
            $"{at} one of Service, ServiceSubset, Namespace, or Datacenters is required");
        service = service.Length == 0 ? entry : service;
        ConfigCheck.Require(
            target.Length == 0 || service != entry || subsets.ContainsKey(target),
            $"{at}.ServiceSubset {GoQuote.Of(target)} is not a valid subset of {GoQuote.Of(service)}");
        ConfigCheck.Require(failover.Texts("Datacenters").All(datacenter => datacenter.Length > 0), $"{at}.Datacenters: found empty datacenter");
    }

    [GeneratedRegex("^[a-z0-9]([a-z0-9-]*[a-z0-9])?\\z", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex SubsetName();
}
