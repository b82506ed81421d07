using System.Collections.Immutable;
using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Protocol.Services;
using FluentAssertions;
using Xunit;

namespace ConnectAgent.Tests.Agent.AntiEntropy;

/// <summary>What is written so that the catalog says what is here (services AE-1, AE-2, AE-4, AE-5, CHK-9).</summary>
public sealed class SyncPlanTests
{
    private static readonly CatalogNode Node = new() { Name = "node1", Address = "10.0.0.1", Datacenter = "dc1", Id = "11111111-2222-3333-4444-555555555555" };
    private static readonly NodeService Web = new() { Id = "web", Name = "web", Port = 80 };
    private static readonly HealthCheck Check = new() { Node = "node1", CheckId = "c", Name = "c", ServiceId = "web", Status = CheckStatus.Passing };

    [Fact]
    public void What_agrees_is_not_written()
    {
        // The catalog's copies are other objects, with indexes.
        var there = Known(Web with { CreateIndex = 7, ModifyIndex = 8, Tags = [] }, Check with { ModifyIndex = 9 });
        StepsOf(Here(Web, Check), there).Should().BeEmpty();
    }

    [Fact] // AE-6: only the node's own group writes the node
    public void A_service_is_written_with_those_of_its_checks_that_have_its_token_and_leaves_the_node()
    {
        var here = Here(Web, Check) with { Checks = [new(Check, "token"), new(Check with { CheckId = "d" }, "other"), new(Check with { CheckId = "e" }, "token")] };
        var steps = StepsOf(here, KnownGroup.Nothing).Cast<RegisterStep>().ToList();
        steps.Select(step => (step.Token, step.Registration.Service?.Id, string.Join(',', step.Registration.Checks.Select(check => check.CheckId))))
            .Should().Equal(("token", "web", "c,e"), ("other", null, "d"));
        steps.Should().OnlyContain(step => step.Registration.SkipNodeUpdate);
    }

    [Fact]
    public void Only_what_differs_is_written()
    {
        var here = Here(Web, Check, Check with { CheckId = "d" });
        var there = Known(Web, Check, Check with { CheckId = "d", Status = CheckStatus.Critical });
        StepsOf(here, there).Should().ContainSingle().Which.Should().BeOfType<RegisterStep>().Which.Registration.Should().Match<CatalogRegistration>(
            write => write.Service == null && write.Checks.Single().CheckId == "d");
    }

    [Fact] // AE-2, CAT-8: its checks go with it
    public void A_service_that_is_not_here_is_removed_once() =>
        StepsOf(Here(null) with { Token = "last" }, Known(Web, Check)).Should().ContainSingle().Which.Should().BeEquivalentTo(
            new DeregisterStep(new CatalogDeregistration("dc1", "node1", "web"), "last"));

    [Fact] // AE-2
    public void A_check_that_is_not_here_is_removed_and_one_that_moved_is_left_to_its_new_service()
    {
        var there = Known(Web, Check, Check with { CheckId = "moved" });
        var steps = StepsOf(Here(Web) with { HasCheck = id => id == "moved" }, there);
        steps.Should().ContainSingle().Which.Should().BeOfType<DeregisterStep>().Which.Deregistration.CheckId.Should().Be("c");
    }

    [Theory] // AE-4
    [InlineData("")]
    [InlineData("id")]
    [InlineData("address")]
    [InlineData("tagged")]
    [InlineData("meta")]
    public void The_node_is_written_when_it_differs(string what)
    {
        var there = what switch
        {
            "id" => Node with { Id = "22222222-2222-3333-4444-555555555555" },
            "address" => Node with { Address = "10.0.0.2" },
            "tagged" => Node with { TaggedAddresses = new Dictionary<string, string> { ["lan"] = "10.0.0.1" } },
            "meta" => Node with { Meta = new Dictionary<string, string> { ["a"] = "b" } },
            _ => Node with { ModifyIndex = 5, Meta = new Dictionary<string, string>() },
        };
        var here = new LocalGroup(string.Empty, Node, null, "agent", [], static _ => false) { WritesNode = true };
        var steps = StepsOf(here, new KnownGroup { Node = there });
        if (what.Length == 0)
        {
            steps.Should().BeEmpty();
            return;
        }

        var step = steps.Should().ContainSingle().Which.Should().BeOfType<RegisterStep>().Which;
        (step.Token, step.Registration.SkipNodeUpdate).Should().Be(("agent", false));
    }

    [Fact] // CHK-9
    public void An_output_that_alone_differs_waits_until_it_is_due()
    {
        var there = Known(Web, Check);
        var plan = SyncPlan.Of(Here(Web, Check with { Output = "new" }), there, static _ => false);
        (plan.Steps.Count, string.Join(',', plan.Deferred)).Should().Be((0, "c"));
        plan = SyncPlan.Of(Here(Web, Check with { Output = "new" }), there, static id => id == "c");
        (plan.Steps.Count, plan.Deferred.Count).Should().Be((1, 0));
        plan = SyncPlan.Of(Here(Web, Check with { Output = "new", Status = CheckStatus.Warning }), there, static _ => false);
        (plan.Steps.Count, plan.Deferred.Count).Should().Be((1, 0), "a change of the status takes the output along");
    }

    [Theory] // AE-3: what was changed in the catalog is taken over, what was changed here is pushed
    [InlineData(true, "a", "a", "b", "b")]
    [InlineData(true, "b", "a", "a", null)]
    [InlineData(true, "b", "a", "c", "c")]
    [InlineData(true, "a", null, "b", "b")]
    [InlineData(true, "a", null, "a", null)]
    [InlineData(false, "a", "a", "b", null)]
    public void Tags_are_taken_over_when_the_catalog_changed_them(bool mayOverride, string here, string? before, string now, string? expected) =>
        SyncPlan.TagsToTake(Web with { EnableTagOverride = mayOverride, Tags = [here] }, before is null ? null : Web with { Tags = [before] }, Web with { Tags = [now] })
            .Should().BeEquivalentTo(expected is null ? null : new[] { expected });

    [Fact]
    public void After_its_steps_both_agree()
    {
        var here = Here(Web, Check, Check with { CheckId = "d" }) with { HasCheck = static id => id is "c" or "d" };
        var there = Known(Web with { Port = 1 }, Check with { CheckId = "gone" });
        var after = StepsOf(here, there).Aggregate(there, static (known, step) => known.After(step));
        StepsOf(here, after).Should().BeEmpty();
        after.Sharing(here).Service.Should().BeSameAs(Web);
    }

    [Theory] // AE-1
    [InlineData(0, 1)]
    [InlineData(128, 1)]
    [InlineData(129, 2)]
    [InlineData(256, 2)]
    [InlineData(257, 3)]
    [InlineData(8192, 7)]
    public void Large_clusters_take_more_time(int nodes, int times)
    {
        SyncPace.PauseOf(nodes, 0).Should().Be(TimeSpan.FromSeconds(60) * times);
        SyncPace.PauseOf(nodes, 0.999).Should().BeLessThan(TimeSpan.FromSeconds(75) * times).And.BeGreaterThan(TimeSpan.FromSeconds(74) * times);
        SyncPace.ReturnOf(nodes, 0.5).Should().Be(TimeSpan.FromSeconds(1.5) * times);
    }

    [Theory] // CHK-9: [d/2, 3d/2)
    [InlineData(0, 150)]
    [InlineData(0.5, 300)]
    [InlineData(0.99, 447)]
    public void An_output_is_deferred_at_random(double random, double seconds) =>
        SyncPace.OutputOf(TimeSpan.FromMinutes(5), random).Should().Be(TimeSpan.FromSeconds(seconds));

    private static IReadOnlyList<SyncStep> StepsOf(LocalGroup here, KnownGroup there) => SyncPlan.Of(here, there, static _ => true).Steps;

    private static LocalGroup Here(NodeService? service, params HealthCheck[] checks) => new(
        "web", Node, service, "token", [.. checks.Select(check => new LocalGroup.Check(check, "token"))], id => checks.Any(check => check.CheckId == id));

    private static KnownGroup Known(NodeService? service, params HealthCheck[] checks) =>
        new() { Service = service, Checks = checks.ToImmutableDictionary(check => check.CheckId) };
}
