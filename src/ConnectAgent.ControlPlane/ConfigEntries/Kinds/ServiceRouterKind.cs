using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.ControlPlane.ConfigEntries.Kinds;

/// <summary>Routes of HTTP requests to services by path, header, query and method (services CFG-13).</summary>
internal sealed class ServiceRouterKind() : DocumentKind(KindName, Fields)
{
    public const string KindName = "service-router";

    private static readonly string[] Paths = ["PathExact", "PathPrefix", "PathRegex"];

    private static readonly ObjectType Match = new(new ConfigField("HTTP", new ObjectType(
        new("PathExact", TextType.Instance),
        new("PathPrefix", TextType.Instance),
        new("PathRegex", TextType.Instance),
        new("Header", new ListType(CommonFields.Header(TextType.Instance), ConfigBounds.Conditions, refusesNull: true)),
        new("QueryParam", new ListType(
            new ObjectType(
                new("Name", TextType.Instance, Always: true),
                new("Present", FlagType.Instance),
                new("Exact", TextType.Instance),
                new("Regex", TextType.Instance)),
            ConfigBounds.Conditions,
            refusesNull: true)),
        new("Methods", new ListType(TextType.Name, ConfigBounds.Conditions)))));

    private static readonly ObjectType Destination = new(
        new("Service", TextType.Name),
        new("ServiceSubset", TextType.Name),
        CommonFields.Namespace,
        new("PrefixRewrite", TextType.Instance),
        new("RequestTimeout", DurationType.Text),
        new("NumRetries", NumberType.UInt32),
        new("RetryOnConnectFailure", FlagType.Instance),
        new("RetryOnStatusCodes", new ListType(NumberType.UInt32, ConfigBounds.RetryCodes)));

    private static readonly ObjectType Fields = new(
        CommonFields.Kind,
        CommonFields.Name,
        new("Routes", new ListType(
            new ObjectType(new("Match", Match), new("Destination", Destination)), ConfigBounds.Routes, refusesNull: true)),
        CommonFields.Meta,
        CommonFields.CreateIndex,
        CommonFields.ModifyIndex);

    public override bool ShapesChains(IConfigEntry? before, IConfigEntry? after) => true;

    public override IEnumerable<AccessRequest> ToWrite(IConfigEntry entry) =>
    [
        .. base.ToWrite(entry),
        .. ToRefer(entry, DocumentOf(entry).Objects("Routes").Select(route => route.Object("Destination")?.Text("Service") ?? string.Empty)),
    ];

    protected override void Normalize(JsonObject document)
    {
        foreach (var http in document.Objects("Routes").Select(route => route.Object("Match")?.Object("HTTP")).OfType<JsonObject>())
        {
            if (http["Methods"] is JsonArray methods)
            {
                http["Methods"] = new JsonArray([.. methods.Select(method => JsonValue.Create(method!.GetValue<string>().ToUpperInvariant()))]);
            }
        }
    }

    protected override void Check(string entry, JsonObject document)
    {
        base.Check(entry, document);
        var routes = document.Objects("Routes");
        for (var i = 0; i < routes.Count; i++)
        {
            var http = routes[i].Object("Match")?.Object("HTTP");
            if (http is not null)
            {
                CheckMatch($"Route[{i}]", http);
            }

            ConfigCheck.Require(
                routes[i].Object("Destination")?.Has("PrefixRewrite") is not true || http?.Has("PathExact") is true || http?.Has("PathPrefix") is true,
                $"Route[{i}] cannot make use of PrefixRewrite without configuring either PathExact or PathPrefix");
        }
    }

    private static void CheckMatch(string at, JsonObject http)
    {
        foreach (var path in Paths.SkipLast(1))
        {
            var text = http.Text(path);
            ConfigCheck.Require(text.Length == 0 || text[0] == '/', $"{at} {path} doesn't start with '/': {GoQuote.Of(text)}");
        }

        ConfigCheck.Require(
            Paths.Count(http.Has) <= 1,
            $"{at} should only contain at most one of PathExact, PathPrefix, or PathRegex");
        CheckConditions(at + " Header", http.Objects("Header"), "Present, Exact, Prefix, Suffix, or Regex");
        CheckConditions(at + " QueryParam", http.Objects("QueryParam"), "Present, Exact, or Regex");
        HashSet<string> seen = new(StringComparer.Ordinal);
        foreach (var method in http.Texts("Methods"))
        {
            ConfigCheck.Require(
                ConfigCheck.KnownMethods.Contains(method), $"{at} Methods contains an invalid method {GoQuote.Of(method)}");
            ConfigCheck.Require(seen.Add(method), $"{at} Methods contains {GoQuote.Of(method)} more than once");
        }
    }

    private static void CheckConditions(string at, IReadOnlyList<JsonObject> conditions, string choices)
    {
        for (var j = 0; j < conditions.Count; j++)
        {
            var condition = conditions[j];
            ConfigCheck.Require(condition.Text("Name").Length > 0, $"{at}[{j}] missing required Name field");
            ConfigCheck.Require(
                ConfigCheck.IsOne(
                    condition.Has("Present"), condition.Has("Exact"), condition.Has("Prefix"), condition.Has("Suffix"), condition.Has("Regex")),
                $"{at}[{j}] should only contain one of {choices}");
        }
    }
}
