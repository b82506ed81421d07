using ConnectAgent.ControlPlane;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.ControlPlane.Intentions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using FluentAssertions;
using FsCheck;
using FsCheck.Fluent;
using Xunit;

namespace ConnectAgent.Tests.ControlPlane.Intentions;

/// <summary>Random operations through all APIs, against a model of plain dictionaries (intentions sections 1, 3 and 5).</summary>
public sealed class IntentionModelTests
{
    private static readonly string[] Sources = ["web", "Web", "api", "*"];
    private static readonly string[] Destinations = ["db", "DB", "cache", "*"];

    private static readonly Gen<Step> Steps =
        from kind in Gen.Elements(Enum.GetValues<Api>())
        from source in Gen.Elements(Sources)
        from destination in Gen.Elements(Destinations)
        from action in Gen.Elements(Intention.Allow, Intention.Deny)
        from more in Gen.SubListOf(Sources)
        from isRight in Gen.Elements(true, false)
        from pick in Gen.Choose(0, 5)
        select new Step(kind, source, destination, action, [.. more], isRight, pick);

    private enum Api
    {
        PutExact,
        DeleteExact,
        Create,
        CreateWithMeta,
        Update,
        Delete,
        PutEntry,
        PutEntryIfUnchanged,
        DeleteEntry,
        DeleteEntryIfUnchanged,
    }

    [Fact] // IXN-1 to IXN-7, CE-6 to CE-9, CE-20, CE-21, CE-27, CRUD-5, CRUD-11, CRUD-13, EX-6, EX-8, MAT-3, ICHK-2, PREC-2
    public void Both_views_show_what_the_model_holds() =>
        Prop.ForAll(Arb.From(Steps.ListOf()), steps => RunAsync([.. steps]).GetAwaiter().GetResult())
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300).WithEndSize(60));

    private static async Task<bool> RunAsync(IReadOnlyList<Step> steps)
    {
        using var real = new IntentionFixture();
        var model = new Model();
        foreach (var step in steps)
        {
            var before = real.State.Current;
            var (expected, isWrite) = model.Apply(step);
            var answer = await TryAsync(real, model, step);
            answer.Should().Be(expected, "{0}", step);
            ReferenceEquals(real.State.Current, before).Should().Be(!isWrite, "{0} {1}", step, answer);
            await CompareAsync(real, model);
        }

        return true;
    }

    // An answer is "true", "false", or "refused".
    private static async Task<string> TryAsync(IntentionFixture real, Model model, Step step)
    {
        try
        {
            switch (step.Api)
            {
                case Api.PutExact:
                    await real.Intentions.UpsertAsync(step.Destination, new IntentionSource(step.Source) { Action = step.Action }, null);
                    return "true";
                case Api.DeleteExact:
                    await real.Intentions.DeleteAsync(step.Source, step.Destination);
                    return "true";
                case Api.Create or Api.CreateWithMeta:
                    var meta = step.Api == Api.CreateWithMeta ? new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1" } : null;
                    var made = new IntentionSource(step.Source) { Action = step.Action, LegacyMeta = IntentionMeta.Stored(meta) };
                    model.Made(step, await real.ById.CreateAsync(step.Destination, made));
                    return "true";
                case Api.Update:
                    var (id, destination) = model.Picked ?? ("11111111-1111-1111-1111-111111111111", step.Destination);
                    await real.ById.UpdateAsync(id, destination, new IntentionSource(step.Source) { Action = step.Action });
                    return "true";
                case Api.Delete:
                    await real.ById.DeleteAsync(model.Picked?.Id ?? "11111111-1111-1111-1111-111111111111");
                    return "true";
                case Api.PutEntry or Api.PutEntryIfUnchanged:
                    var sources = string.Join(',', step.More.Select(name => $$"""{"Name":"{{name}}","Action":"{{step.Action}}"}"""));
                    return await real.PutAsync(
                        $$"""{"Kind":"service-intentions","Name":"{{step.Destination}}","Sources":[{{sources}}]}""", Cas(real, step)) ? "true" : "false";
                default:
                    return await real.Entries.DeleteAsync(ConfigEntryKinds.Named("service-intentions"), step.Destination, Cas(real, step))
                        ? "true"
                        : "false";
            }
        }
        catch (ServerException)
        {
            return "refused";
        }
    }

    private static ulong? Cas(IntentionFixture real, Step step) => step.Api is Api.PutEntry or Api.DeleteEntry
        ? null
        : (IntentionRows.Find(real.State.Current, step.Destination)?.ModifyIndex ?? 0) + (step.IsRight ? 0UL : 1UL);

    private static async Task CompareAsync(IntentionFixture real, Model model)
    {
        // The list, in PREC-2 order.
        var list = await real.ListAsync();
        var expected = model.All().ToList();
        list.Select(Shown).Should().Equal(expected.Select(Shown));

        // The entries.
        var (entries, _) = await real.Entries.ListAsync(ConfigEntryKinds.All, default, CancellationToken.None);
        entries.Select(entry => entry.Entry.Name).Should().Equal(model.Entries.Select(entry => entry.Value.Name));
        foreach (var (entry, (_, held)) in entries.Select(pair => (IntentionEntry)pair.Entry).Zip(model.Entries))
        {
            entry.Sources.Select(source => (source.Name, source.Action, source.LegacyId, source.LegacyMeta?.Count)).Should().Equal(
                held.Sources.Select(source => (source.Name, (string?)source.Action, source.Id, source.HasMeta ? 1 : (int?)null)));
        }

        // The IDs: each leads to its intention, and none is left over.
        real.State.Current.By(IntentionTables.ById).Keys.Keys.Should().BeEquivalentTo(list.Select(one => one.Id).OfType<string>());
        foreach (var intention in list.Where(one => one.Id is not null))
        {
            (await real.Intentions.GetAsync(intention.Id!, default, CancellationToken.None)).Value.Should().BeSameAs(intention);
        }

        // Match and check, from both sides.
        foreach (var destination in Destinations)
        {
            var (match, _) = await real.Intentions.MatchAsync(byDestination: true, [destination], default, CancellationToken.None);
            match[0].Intentions.Select(Shown).Should().Equal(expected
                .Where(one => one.DestinationName.Equals(destination, StringComparison.OrdinalIgnoreCase) || one.DestinationName == "*").Select(Shown));
            foreach (var source in Sources.Append("other"))
            {
                var first = expected.FirstOrDefault(one =>
                    (one.SourceName == source || one.SourceName == "*") && (one.DestinationName == destination || one.DestinationName == "*"));
                real.Intentions.Check(source, destination, DefaultDecision.Deny).Allowed.Should().Be(first?.Action == Intention.Allow);
            }
        }

        foreach (var source in Sources)
        {
            var (match, _) = await real.Intentions.MatchAsync(byDestination: false, [source], default, CancellationToken.None);
            match[0].Intentions.Select(Shown).Should().Equal(expected.Where(one => one.SourceName == source || one.SourceName == "*").Select(Shown));
        }
    }

    private static (string, string, string?, string?, int?) Shown(Intention one) =>
        (one.SourceName, one.DestinationName, one.Action, one.Id, one.Meta?.Count);

    private sealed record Step(
        Api Api, string Source, string Destination, string Action, IReadOnlyList<string> More, bool IsRight, int Pick);

    private sealed record HeldSource(string Name, string Action, string? Id, bool HasMeta);

    private sealed record Held(string Name, List<HeldSource> Sources);

    /// <summary>What the rules say, by the simplest means.</summary>
    private sealed class Model
    {
        /// <summary>By lower-case destination.</summary>
        public SortedDictionary<string, Held> Entries { get; } = new(StringComparer.Ordinal);

        /// <summary>The intention that the step is about, when it is by ID.</summary>
        public (string Id, string Destination)? Picked { get; private set; }

        /// <summary>Does a step, and says what the answer must be, and whether it is a write.</summary>
        public (string Answer, bool IsWrite) Apply(Step step)
        {
            var key = step.Destination.ToLowerInvariant();
            var entry = Entries.GetValueOrDefault(key);
            var isLegacy = entry?.Sources[0].Id is not null;
            switch (step.Api)
            {
                case Api.PutExact:
                    if (entry?.Sources.Any(source => source.HasMeta && source.Name != step.Source) == true)
                    {
                        return ("refused", false); // CE-9
                    }

                    Set(key, entry, step.Destination, Converted(entry?.Sources), new HeldSource(step.Source, step.Action, null, HasMeta: false));
                    return ("true", true);
                case Api.DeleteExact:
                    if (entry?.Sources.Any(source => source.Name == step.Source) != true)
                    {
                        return ("true", false); // EX-8
                    }

                    if (entry.Sources.Any(source => source.HasMeta && source.Name != step.Source))
                    {
                        return ("refused", false); // CE-9
                    }

                    Keep(key, entry, [.. Converted(entry.Sources).Where(source => source.Name != step.Source)]);
                    return ("true", true);
                case Api.Create or Api.CreateWithMeta:
                    if (entry is not null && (!isLegacy || entry.Sources.Any(source => source.Name == step.Source)))
                    {
                        return ("refused", false); // CE-8, CRUD-5
                    }

                    Set(key, entry, step.Destination, entry?.Sources ?? [], new HeldSource(step.Source, step.Action, "new", step.Api == Api.CreateWithMeta));
                    return ("true", true);
                case Api.Update or Api.Delete:
                    return ApplyById(step);
                case Api.DeleteEntry or Api.DeleteEntryIfUnchanged:
                    var mayGo = entry is null || step.Api == Api.DeleteEntry || step.IsRight;
                    return (mayGo ? "true" : "false", mayGo && Entries.Remove(key));
                default:
                    return PutEntry(step, key, entry);
            }
        }

        /// <summary>The ID that a creation answered.</summary>
        public void Made(Step step, string id)
        {
            var sources = Entries[step.Destination.ToLowerInvariant()].Sources;
            var at = sources.FindIndex(source => source.Id == "new");
            sources[at] = sources[at] with { Id = id };
        }

        public IEnumerable<Intention> All() => Entries.Values.SelectMany(entry => entry.Sources.Select(source => new Intention
        {
            SourceName = source.Name,
            DestinationName = entry.Name,
            Action = source.Action,
            Id = source.Id,
            Meta = source.HasMeta ? new Dictionary<string, string>(StringComparer.Ordinal) { ["a"] = "1" } : null,
        })).OrderByDescending(one => one.Precedence).ThenBy(one => one.SourceName, StringComparer.Ordinal)
            .ThenBy(one => one.DestinationName, StringComparer.Ordinal);

        private (string Answer, bool IsWrite) PutEntry(Step step, string key, Held? entry)
        {
            if (step.More.Count == 0)
            {
                return ("refused", false); // CE-10 no. 5
            }

            List<HeldSource> sources = [.. step.More.Select(name => new HeldSource(name, step.Action, null, HasMeta: false)).OrderBy(source => source.Name == "*")];
            if (entry?.Sources.SequenceEqual(sources) == true)
            {
                return ("true", false); // CE-20, and CE-21 before the compare
            }

            if (step.Api == Api.PutEntryIfUnchanged && !step.IsRight)
            {
                return ("false", false);
            }

            Keep(key, entry ?? new Held(step.Destination, []), sources);
            return ("true", true);
        }

        private (string Answer, bool IsWrite) ApplyById(Step step)
        {
            var all = Entries.SelectMany(entry => entry.Value.Sources.Where(source => source.Id is not null)
                .Select(source => (entry.Key, Entry: entry.Value, Source: source))).ToList();
            if (step.Pick >= all.Count)
            {
                Picked = null;
                return ("refused", false); // unknown ID
            }

            var (key, held, picked) = all[step.Pick];
            Picked = (picked.Id!, held.Name);
            if (step.Api == Api.Delete)
            {
                Keep(key, held, [.. held.Sources.Where(source => source.Id != picked.Id)]);
                return ("true", true);
            }

            if (held.Sources.Any(source => source.Name == step.Source && source.Id != picked.Id))
            {
                return ("refused", false);
            }

            Keep(key, held, [.. held.Sources
                .Select(source => source.Id == picked.Id ? new HeldSource(step.Source, step.Action, picked.Id, HasMeta: false) : source)
                .OrderBy(source => source.Name == "*")]);
            return ("true", true);
        }

        private void Set(string key, Held? entry, string name, IReadOnlyList<HeldSource> sources, HeldSource source)
        {
            List<HeldSource> all = [.. sources];
            var at = all.FindIndex(candidate => candidate.Name == source.Name);
            if (at < 0)
            {
                all.Add(source);
            }
            else
            {
                all[at] = source;
            }

            Keep(key, entry ?? new Held(name, []), [.. all.OrderBy(candidate => candidate.Name == "*")]);
        }

        private void Keep(string key, Held entry, List<HeldSource> sources)
        {
            if (sources.Count == 0)
            {
                Entries.Remove(key); // IXN-4
            }
            else
            {
                Entries[key] = entry with { Sources = sources };
            }
        }

        private static List<HeldSource> Converted(IReadOnlyList<HeldSource>? sources) =>
            [.. (sources ?? []).Select(source => source with { Id = null, HasMeta = false })];
    }
}
