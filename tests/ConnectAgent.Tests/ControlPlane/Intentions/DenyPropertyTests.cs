using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Intentions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>intentions PREC-3: more denial never opens anything.</summary>
public sealed class DenyPropertyTests
{
    private static readonly string[] Sources = ["web", "Web", "api", "*"];
    private static readonly string[] Destinations = ["db", "DB", "cache", "*"];
    private static readonly string[] Callers = [.. Sources, "other", ""];
    private static readonly string[] Targets = [.. Destinations, "elsewhere", ""];

    private static readonly Gen<(string Source, string Destination, string Action)> Rules =
        from source in Gen.Elements(Sources)
        from destination in Gen.Elements(Destinations)
        from action in Gen.Elements(Intention.Allow, Intention.Deny)
        select (source, destination, action);

    [Fact]
    public void Adding_a_deny_opens_nothing() => Prop.ForAll(
        Arb.From(Rules.ListOf()),
        Arb.From(Rules),
        (rules, added) => HoldsAsync([.. rules], added).GetAwaiter().GetResult()).Check(Config.QuickThrowOnFailure.WithMaxTest(200));

    private static async Task<bool> HoldsAsync(
        IReadOnlyList<(string Source, string Destination, string Action)> rules, (string Source, string Destination, string Action) added)
    {
        using var store = new IntentionFixture();
        foreach (var (source, destination, action) in rules)
        {
            await PutAsync(store, source, destination, action);
        }

        var before = await DeniedAsync(store);
        await PutAsync(store, added.Source, added.Destination, Intention.Deny);
        return before.IsSubsetOf(await DeniedAsync(store));
    }

    private static Task PutAsync(IntentionFixture store, string source, string destination, string action) =>
        store.Intentions.UpsertAsync(destination, new IntentionSource(source) { Action = action }, null);

    // All refusals of authorize and of check, under both defaults.
    private static async Task<HashSet<string>> DeniedAsync(IntentionFixture store)
    {
        HashSet<string> denied = [];
        foreach (var target in Targets)
        {
            var (match, _) = await store.Intentions.MatchAsync(byDestination: true, [target], default, CancellationToken.None);
            foreach (var caller in Callers)
            {
                foreach (var fallback in new[] { DefaultDecision.Allow, DefaultDecision.Deny })
                {
                    var pair = $"{caller} => {target} {fallback.Decision.Allowed}";
                    if (!match[0].Decide(caller, fallback).Allowed)
                    {
                        denied.Add("authorize " + pair);
                    }

                    if (!store.Intentions.Check(caller, target, fallback).Allowed)
                    {
                        denied.Add("check " + pair);
                    }
                }
            }
        }

        return denied;
    }
}
