using System.Collections.Immutable;
using ConnectAgent.ControlPlane.State;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Reads and writes intentions (intentions sections 1 to 5).</summary>
internal sealed class IntentionStore(StateStore store, BlockingReader reader)
{
    /// <summary>All intentions in PREC-2 order (LST-1).</summary>
    public Task<(IReadOnlyList<Intention> Value, ulong Index)> ListAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync<IReadOnlyList<Intention>>(
            blocking,
            [Topic.Any(StateTables.Intentions)],
            static state => (Sorted(state.Rows(StateTables.Intentions).Values.SelectMany(entry => entry.Intentions)), state.IndexOf(StateTables.Intentions)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>The intentions of each name (MAT-3). A parked reader wakes only when its own result changed (IAPI-6).</summary>
    /// <param name="byDestination">Whether the names are destinations, compared without case; else sources, compared with case.</param>
    /// <param name="names">Plain names; an empty one finds only wildcards.</param>
    /// <param name="blocking">Whether and how long to block.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    public Task<(IReadOnlyList<IntentionMatch> Value, ulong Index)> MatchAsync(
        bool byDestination, IReadOnlyList<string> names, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        IReadOnlyList<Topic> topics = byDestination
            ? [Topic.Row(StateTables.Intentions, Intention.Wildcard), .. names.Select(name => Topic.Row(StateTables.Intentions, IntentionEntry.KeyOf(name))).Distinct()]
            : [Topic.Any(StateTables.Intentions)];
        return reader.ReadAsync<IReadOnlyList<IntentionMatch>>(
            blocking,
            topics,
            state => ([.. names.Select(name => byDestination ? OfDestination(state, name) : OfSource(state, name))], state.IndexOf(StateTables.Intentions)),
            static (a, b) => a.Zip(b).All(pair => IsSame(pair.First, pair.Second)),
            cancellationToken);
    }

    /// <summary>Whether a source may connect to a destination (ICHK-2); always the live state.</summary>
    public IntentionDecision Check(string source, string destination, DefaultDecision fallback) =>
        OfSource(store.Current, source).Decide(destination, fallback);

    /// <summary>One intention by its names; not found answers at once, found blocks (IAPI-7).</summary>
    /// <returns>Null when there is none.</returns>
    public async Task<(Intention? Value, ulong Index)> GetAsync(
        string source, string destination, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        if (Find(store.Current, source, destination) is null)
        {
            blocking = default;
        }

        return await reader.ReadAsync(
            blocking,
            [Topic.Row(StateTables.Intentions, IntentionEntry.KeyOf(destination))],
            state => (Find(state, source, destination), state.IndexOf(StateTables.Intentions)),
            static (a, b) => a?.ModifyIndex == b?.ModifyIndex,
            cancellationToken);
    }

    /// <summary>Writes one source of a destination, replacing it as a whole (EX-4 to EX-6). Always raises the index.</summary>
    /// <param name="destination">As spelled; an entry that exists keeps its own spelling (IXN-5).</param>
    /// <param name="source">The source as it shall be.</param>
    /// <param name="meta">Must be empty, or equal the entry's (EX-5).</param>
    /// <exception cref="ServerException">CE-10, CE-12, EX-5; nothing is changed then.</exception>
    public Task UpsertAsync(string destination, IntentionSource source, IReadOnlyDictionary<string, string>? meta) =>
        store.WriteAsync(writer =>
        {
            var key = IntentionEntry.KeyOf(destination);
            var before = writer.State.Find(StateTables.Intentions, key);
            CheckMeta(before, meta);
            var entry = before is null
                ? new IntentionEntry(destination, [source], null, writer.Index, writer.Index)
                : before with { Sources = Replace(before.Sources, source), ModifyIndex = writer.Index };
            entry = IntentionEntryValidation.Normalize(entry);
            IntentionEntryValidation.Check(entry);

            // Without config entries of other kinds every service speaks the default protocol (CE-12).
            IntentionEntryValidation.CheckProtocol(entry, "tcp");
            writer.Put(StateTables.Intentions, key, entry);
            return true;
        });

    /// <summary>Removes one source; the last one takes the entry with it (IXN-4, EX-8). Removing nothing is no error and no write.</summary>
    public Task DeleteAsync(string source, string destination) => store.WriteAsync(writer =>
    {
        var key = IntentionEntry.KeyOf(destination);
        if (writer.State.Find(StateTables.Intentions, key) is not { } entry || entry.Find(source) is not { } found)
        {
            return false;
        }

        var rest = entry with { Sources = entry.Sources.Remove(found), ModifyIndex = writer.Index };
        if (rest.Sources.IsEmpty)
        {
            return writer.Remove(StateTables.Intentions, key);
        }

        writer.Put(StateTables.Intentions, key, rest);
        return true;
    });

    private static void CheckMeta(IntentionEntry? entry, IReadOnlyDictionary<string, string>? meta)
    {
        if (meta is not { Count: > 0 })
        {
            return;
        }

        if (entry is null)
        {
            throw new ServerException(FailureKind.Failed, "Meta must not be specified");
        }

        if (entry.Meta is null || entry.Meta.Count != meta.Count
            || !meta.All(pair => entry.Meta.TryGetValue(pair.Key, out var value) && value == pair.Value))
        {
            throw new ServerException(FailureKind.Failed, "Meta must not be specified, or should be unchanged during an update.");
        }
    }

    private static ImmutableArray<IntentionSource> Replace(ImmutableArray<IntentionSource> sources, IntentionSource source)
    {
        var at = sources.IndexOf(sources.FirstOrDefault(candidate => candidate.Name == source.Name)!);
        return at < 0 ? sources.Add(source) : sources.SetItem(at, source);
    }

    private static Intention? Find(StateSnapshot state, string source, string destination) =>
        state.Find(StateTables.Intentions, IntentionEntry.KeyOf(destination))?.Intentions
            .FirstOrDefault(intention => intention.SourceName == source);

    private static IntentionMatch OfDestination(StateSnapshot state, string name)
    {
        var key = IntentionEntry.KeyOf(name);
        var exact = key == Intention.Wildcard ? null : state.Find(StateTables.Intentions, key);
        var any = state.Find(StateTables.Intentions, Intention.Wildcard);
        return IntentionMatch.ForDestination(Sorted([.. exact?.Intentions ?? [], .. any?.Intentions ?? []]));
    }

    private static IntentionMatch OfSource(StateSnapshot state, string name) => IntentionMatch.ForSource(Sorted(
        state.Rows(StateTables.Intentions).Values.SelectMany(entry => entry.Intentions)
            .Where(intention => intention.SourceName == name || intention.SourceName == Intention.Wildcard)));

    private static List<Intention> Sorted(IEnumerable<Intention> intentions)
    {
        var sorted = intentions.ToList();
        sorted.Sort(IntentionPrecedence.Order);
        return sorted;
    }

    private static bool IsSame(IntentionMatch a, IntentionMatch b) =>
        a.Intentions.Count == b.Intentions.Count && a.Intentions.Zip(b.Intentions).All(pair =>
            ReferenceEquals(pair.First, pair.Second)
            || (pair.First.ModifyIndex == pair.Second.ModifyIndex && pair.First.SourceName == pair.Second.SourceName
                && pair.First.DestinationName == pair.Second.DestinationName));
}
