using ConnectAgent.Agent.Catalog;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.AntiEntropy;

/// <summary>What is to be written so that the catalog says of one group what is here (services AE-1, AE-2, AE-4, CHK-9). A pure function.</summary>
/// <param name="Steps">In this order; none when both agree.</param>
/// <param name="Deferred">IDs of the checks whose output alone differs, and may wait.</param>
internal sealed record SyncPlan(IReadOnlyList<SyncStep> Steps, IReadOnlyList<string> Deferred)
{
    /// <summary>Compares.</summary>
    /// <param name="here">What holds (AE-1).</param>
    /// <param name="there">What the catalog is known to hold.</param>
    /// <param name="isOutputDue">Whether a check whose output alone differs is written now.</param>
    public static SyncPlan Of(LocalGroup here, KnownGroup there, Func<string, bool> isOutputDue)
    {
        List<SyncStep> steps = [];
        List<string> deferred = [];
        if (here.WritesNode && (there.Node is null || !CatalogForm.AreSame(there.Node, here.Node)))
        {
            steps.Add(new RegisterStep(new CatalogRegistration(here.Node), here.Token));
        }

        if (here is { IsNode: false, Service: null } && there.Service is not null)
        {
            // Its checks go with it (CAT-8).
            return new SyncPlan([new DeregisterStep(new CatalogDeregistration(here.Node.Datacenter, here.Node.Name, here.Id), here.Token)], []);
        }

        var differing = here.Checks.Where(check => !there.Checks.TryGetValue(check.Health.CheckId, out var known) || Differs(known, check.Health)).ToList();
        if (here.Service is { } service && !(there.Service is { } known && CatalogForm.AreSame(known, service)))
        {
            // Those with the same token go along, in one write.
            steps.Add(Register(here, service, differing.Where(check => check.Token == here.Token), here.Token));
            differing.RemoveAll(check => check.Token == here.Token);
        }

        steps.AddRange(differing.GroupBy(static check => check.Token, StringComparer.Ordinal).Select(group => Register(here, null, group, group.Key)));
        steps.AddRange(there.Checks.Keys
            .Where(id => !here.HasCheck(id))
            .Select(id => new DeregisterStep(new CatalogDeregistration(here.Node.Datacenter, here.Node.Name, CheckId: id), here.Token)));
        return new SyncPlan(steps, deferred);

        bool Differs(HealthCheck known, HealthCheck check)
        {
            if (CatalogForm.AreSame(known, check))
            {
                return false;
            }

            if (!CatalogForm.AreSameButOutput(known, check) || isOutputDue(check.CheckId))
            {
                return true;
            }

            deferred.Add(check.CheckId);
            return false;
        }
    }

    /// <summary>
    /// The tags that a service takes over from the catalog (AE-3): they were changed there. A change that is only here is pushed instead.
    /// </summary>
    /// <param name="here">As it is seen now.</param>
    /// <param name="before">What the catalog was known to hold; null: nothing was known, so what differs there was changed there.</param>
    /// <param name="now">What it holds.</param>
    /// <returns>Null: none.</returns>
    public static IReadOnlyList<string>? TagsToTake(NodeService here, NodeService? before, NodeService now) =>
        here.EnableTagOverride && !AreSame(here.Tags, now.Tags) && (before is null || !AreSame(before.Tags, now.Tags)) ? now.Tags : null;

    private static bool AreSame(IReadOnlyList<string> one, IReadOnlyList<string> other) => one.SequenceEqual(other, StringComparer.Ordinal);

    // AE-6: only the group of the node writes the node.
    private static RegisterStep Register(LocalGroup here, NodeService? service, IEnumerable<LocalGroup.Check> checks, string token) => new(
        new CatalogRegistration(here.Node) { SkipNodeUpdate = true, Service = service, Checks = [.. checks.Select(static check => check.Health)] }, token);
}
