namespace ConnectAgent.FunctionalTests;

/// <summary>Recorded steps that belong to a later issue, with the reason. The list only ever shrinks.</summary>
internal static class WaitingSteps
{
    private const string ConfigEntries = "config entries (issue: the control plane, whole)";
    private const string ByIdWrites = "ID based intentions (issue: the control plane, whole)";
    private const string CaConfiguration = "CA configuration and signing limits (issue: the control plane, whole)";
    private const string Filters = "filter expressions (issue: the agent cache, whole)";
    private const string Metrics = "metrics (issue: the agent cache, whole)";
    private const string Acls = "ACL endpoints (issue: ACLs)";
    private const string Services = "services.md: local services, reload, monitor, events (a later issue)";

    private static readonly Dictionary<string, Dictionary<string, string>> Reasons = new(StringComparer.Ordinal)
    {
        ["leaf"] = new(StringComparer.Ordinal) { ["set-rate"] = CaConfiguration, ["rate-2"] = CaConfiguration },
        ["status"] = new(StringComparer.Ordinal)
        {
            ["prometheus-disabled"] = Metrics,
            ["monitor-bad-level"] = Services,
            ["reload"] = Services,
            ["reload-get"] = Services,
            ["token-acl-off"] = Acls,
            ["acl-off"] = Acls,
            ["force-leave-unknown"] = Services,
            ["session-list"] = Services,
            ["event-list"] = Services,
            ["coord"] = Services,
        },
        ["intentions-exact"] = new(StringComparer.Ordinal)
        {
            ["entry"] = ConfigEntries,
            ["service-defaults"] = ConfigEntries,
            ["put-l7-http"] = ConfigEntries,
            ["get-l7"] = ConfigEntries,
            ["service-defaults-tcp"] = ConfigEntries,
            ["put-entry-with-meta"] = ConfigEntries,
            ["get-meta"] = ConfigEntries,
            ["put-meta-same"] = ConfigEntries,
            ["put-meta-other"] = ConfigEntries,
            ["get-meta-kept"] = ConfigEntries,
            ["get-nsdb"] = ConfigEntries,
            ["list-case"] = Filters,
            ["entry-gone"] = ConfigEntries,
            ["legacy-create"] = ByIdWrites,
            ["legacy-create-2"] = ByIdWrites,
            ["entry-after"] = ByIdWrites,
        },
        ["intentions-match-check"] = new(StringComparer.Ordinal) { ["list-stale"] = Filters },
        ["authorize"] = new(StringComparer.Ordinal)
        {
            ["put-l7-defaults"] = ConfigEntries,
            ["put-l7"] = ConfigEntries,
            ["put-legacy"] = ByIdWrites,
            ["l7-is-deny"] = ConfigEntries,
            ["l4-next-to-l7"] = ConfigEntries,
            ["legacy-reason-has-id"] = ByIdWrites,
        },
    };

    public static IReadOnlyDictionary<string, string> Of(string recording) =>
        Reasons.GetValueOrDefault(recording) ?? new Dictionary<string, string>(StringComparer.Ordinal);
}
