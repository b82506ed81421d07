using System.Collections.Immutable;
using ConnectAgent.ControlPlane.ConfigEntries;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.State;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Intentions;

/// <summary>Reads intentions, and writes them by their names (intentions sections 1 to 5).</summary>
internal sealed class IntentionStore(StateStore store, BlockingReader reader, ILogger<IntentionStore> logger)
{
    private SortedRows? _sorted;

    /// <summary>All intentions in PREC-2 order (LST-1).</summary>
    public Task<(IReadOnlyList<Intention> Value, ulong Index)> ListAsync(BlockingOptions blocking, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            blocking,
            [Topic.Any(IntentionTables.Entries)],
            state => (AllOf(state), ConfigTables.IndexOf(state)),
            static (_, _) => false,
            cancellationToken);

    /// <summary>The intentions of each name (MAT-3). A parked reader wakes only when its own result changed (IAPI-6).</summary>
    /// <param name="byDestination">Whether the names are destinations, compared without case; else sources, compared with case.</param>
    /// <param name="names">Plain names; an empty one finds only wildcards.</param>
    /// <param name="blocking">Whether and how long to block.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    public Task<(IReadOnlyList<IntentionMatch> Value, ulong Index)> MatchAsync(
        bool byDestination, IReadOnlyList<string> names, BlockingOptions blocking, CancellationToken cancellationToken) =>
        MatchAsync(byDestination, names, 0, static (matches, index, _) => (matches, index), blocking, cancellationToken);

    /// <inheritdoc cref="MatchAsync(bool, IReadOnlyList{string}, BlockingOptions, CancellationToken)"/>
    /// <param name="state">What <paramref name="answer"/> needs besides, so that it need not be made anew for each reader.</param>
    /// <param name="answer">Makes the answer of the matches and their index; may refuse it.</param>
    public Task<TAnswer> MatchAsync<TState, TAnswer>(
        bool byDestination,
        IReadOnlyList<string> names,
        TState state,
        Func<IReadOnlyList<IntentionMatch>, ulong, TState, TAnswer> answer,
        BlockingOptions blocking,
        CancellationToken cancellationToken) =>
        reader.ReadAsync(blocking, new MatchRead<TState, TAnswer>(this, byDestination, names, state, answer), cancellationToken);

    /// <summary>Whether a source may connect to a destination (ICHK-2); always the live state.</summary>
    /// <remarks>
    /// The rule walks the source's intentions. The first of them whose destination is this one is also the first of the destination's whose
    /// source is this one, and the destination's are found without a walk through all entries.
    /// </remarks>
    public IntentionDecision Check(string source, string destination, DefaultDecision fallback)
    {
        var state = store.Current;
        var exact = destination == Intention.Wildcard ? null : IntentionRows.Find(state, destination);
        return IntentionEntry.Protecting(exact?.Name == destination ? exact : null, IntentionRows.Find(state, Intention.Wildcard))
            .Decide(source, fallback);
    }

    /// <summary>
    /// The names that a writer of a destination needs the right to: as spelled, and as stored. Destinations are found without regard to case
    /// (IXN-5), but rules name them with case, so a right to <c>DB</c> alone must not reach <c>db</c>.
    /// </summary>
    public IReadOnlyList<string> NamesOf(string destination) =>
        IntentionRows.Find(store.Current, destination) is { } entry && entry.Name != destination ? [destination, entry.Name] : [destination];

    /// <summary>One intention by its names; not found answers at once, found blocks (IAPI-7).</summary>
    /// <returns>Null when there is none.</returns>
    public Task<(Intention? Value, ulong Index)> GetAsync(
        string source, string destination, BlockingOptions blocking, CancellationToken cancellationToken) =>
        GetAsync(IntentionEntry.KeyOf(destination), state => Find(state, source, destination), blocking, cancellationToken);

    /// <summary>The same by ID (CRUD-10).</summary>
    public Task<(Intention? Value, ulong Index)> GetAsync(string id, BlockingOptions blocking, CancellationToken cancellationToken) => GetAsync(
        IntentionEntry.KeyOf(IntentionRows.FindId(store.Current, id)?.Entry.Name ?? string.Empty),
        state => IntentionRows.FindId(state, id) is { } found ? found.Entry.Intentions[found.At] : null,
        blocking,
        cancellationToken);

    /// <summary>Writes one source of a destination, replacing it as a whole (EX-4 to EX-6). Always raises the index.</summary>
    /// <param name="destination">As spelled; an entry that exists keeps its own spelling (IXN-5).</param>
    /// <param name="source">The source as it shall be.</param>
    /// <param name="meta">Must be empty, or equal the entry's (EX-5).</param>
    /// <exception cref="ServerException">CE-9, CE-10, CE-12, EX-5; nothing is changed then.</exception>
    public async Task UpsertAsync(string destination, IntentionSource source, IReadOnlyDictionary<string, string>? meta)
    {
        var written = await store.WriteAsync(writer =>
        {
            var before = IntentionRows.Find(writer.State, destination);
            CheckMeta(before, meta);
            var entry = IntentionEntryValidation.Normalize(before is null
                ? new IntentionEntry(destination, [source], null, 0, 0)
                : before with { Sources = before.IndexOf(source.Name) is var at and >= 0 ? before.Sources.SetItem(at, source) : before.Sources.Add(source) });
            IntentionEntryValidation.Check(entry);
            IntentionBounds.Require(entry);
            IntentionRows.Put(writer, before, entry);
            return entry;
        });
        logger.Warn(ServiceIntentionsKind.KindName, written.Name, IntentionEntryValidation.WarningsOf(written));
    }

    /// <summary>Removes one source; the last one takes the entry with it (IXN-4, EX-8). Removing nothing is no error and no write.</summary>
    /// <exception cref="ServerException">CE-9; nothing is changed then.</exception>
    public Task DeleteAsync(string source, string destination) => store.WriteAsync(writer =>
    {
        if (IntentionRows.Find(writer.State, destination) is not { } before || before.IndexOf(source) is not (var at and >= 0))
        {
            return false;
        }

        var entry = IntentionEntryValidation.Normalize(before with { Sources = before.Sources.RemoveAt(at) });
        if (!entry.Sources.IsEmpty)
        {
            IntentionEntryValidation.Check(entry);
        }

        IntentionRows.Put(writer, before, entry);
        return true;
    });

    private async Task<(Intention? Value, ulong Index)> GetAsync(
        string key, Func<StateSnapshot, Intention?> find, BlockingOptions blocking, CancellationToken cancellationToken)
    {
        if (find(store.Current) is null)
        {
            blocking = default;
        }

        return await reader.ReadAsync(
            blocking,
            [Topic.Row(IntentionTables.Entries, key)],
            state => (find(state), ConfigTables.IndexOf(state)),
            static (a, b) => a?.ModifyIndex == b?.ModifyIndex,
            cancellationToken);
    }

    private static void CheckMeta(IntentionEntry? entry, IReadOnlyDictionary<string, string>? meta)
    {
        if (meta is not { Count: > 0 })
        {
            return;
        }

        if (entry is null)
        {
            throw new ServerException(FailureKind.Mistake, "Meta must not be specified");
        }

        if (!IntentionMeta.AreSame(entry.Meta, meta))
        {
            throw new ServerException(FailureKind.Mistake, "Meta must not be specified, or should be unchanged during an update.");
        }
    }

    private static Intention? Find(StateSnapshot state, string source, string destination) =>
        IntentionRows.Find(state, destination) is { } entry && entry.IndexOf(source) is var at and >= 0 ? entry.Intentions[at] : null;

    private static IntentionMatch OfDestination(StateSnapshot state, string name) => IntentionEntry.Protecting(
        name == Intention.Wildcard ? null : IntentionRows.Find(state, name), IntentionRows.Find(state, Intention.Wildcard));

    private IntentionMatch OfSource(StateSnapshot state, string name) => IntentionMatch.ForSource([.. AllOf(state)
        .Where(intention => intention.SourcePeer is null && (intention.SourceName == name || intention.SourceName == Intention.Wildcard))]);

    // Sorting all is worth keeping: many readers are woken by one write.
    private IReadOnlyList<Intention> AllOf(StateSnapshot state)
    {
        var rows = state.Rows(IntentionTables.Entries);
        if (Volatile.Read(ref _sorted) is { } known && ReferenceEquals(known.Rows, rows))
        {
            return known.Intentions;
        }

        List<Intention> sorted = [.. rows.Values.SelectMany(entry => entry.Intentions)];
        sorted.Sort(IntentionPrecedence.Order);
        Volatile.Write(ref _sorted, new SortedRows(rows, sorted));
        return sorted;
    }

    private static bool IsSame(IntentionMatch a, IntentionMatch b) =>
        ReferenceEquals(a, b) || (a.Intentions.Count == b.Intentions.Count && a.Intentions.Zip(b.Intentions).All(pair =>
            ReferenceEquals(pair.First, pair.Second)
            || (pair.First.ModifyIndex == pair.Second.ModifyIndex && pair.First.SourceName == pair.Second.SourceName
                && pair.First.SourcePeer == pair.Second.SourcePeer && pair.First.DestinationName == pair.Second.DestinationName)));

    private sealed class MatchRead<TState, TAnswer>(
        IntentionStore owner,
        bool byDestination,
        IReadOnlyList<string> names,
        TState state,
        Func<IReadOnlyList<IntentionMatch>, ulong, TState, TAnswer> answer)
        : StateRead<IReadOnlyList<IntentionMatch>, TAnswer>
    {
        private readonly Topic[] _topics = TopicsOf(byDestination, names);

        public override Topic[] TopicsOf(IReadOnlyList<IntentionMatch> value) => _topics;

        public override (IReadOnlyList<IntentionMatch> Value, ulong Index) Of(StateSnapshot snapshot) =>
            (names is [var only] ? Of(snapshot, only).Alone : names.Select(name => Of(snapshot, name)).ToArray(), ConfigTables.IndexOf(snapshot));

        public override bool AreSame(IReadOnlyList<IntentionMatch> one, IReadOnlyList<IntentionMatch> other) =>
            one.Zip(other).All(pair => IsSame(pair.First, pair.Second));

        public override TAnswer Answer(IReadOnlyList<IntentionMatch> value, ulong index) => answer(value, index, state);

        private IntentionMatch Of(StateSnapshot snapshot, string name) =>
            byDestination ? OfDestination(snapshot, name) : owner.OfSource(snapshot, name);

        private static Topic[] TopicsOf(bool byDestination, IReadOnlyList<string> names) => byDestination
            ? names.Select(IntentionEntry.KeyOf).Prepend(Intention.Wildcard).Distinct(StringComparer.Ordinal)
                .Select(key => Topic.Row(IntentionTables.Entries, key)).ToArray()
            : [Topic.Any(IntentionTables.Entries)];
    }

    private sealed record SortedRows(ImmutableSortedDictionary<string, IntentionEntry> Rows, IReadOnlyList<Intention> Intentions);
}
