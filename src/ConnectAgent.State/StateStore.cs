using System.Diagnostics;
using System.Security.Cryptography;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Telemetry;
using ConnectAgent.State.Storage;

namespace ConnectAgent.State;

/// <summary>
/// The one indexed store: one writer at a time, immutable snapshots for readers, watches that wake on what a read depends on. A write is
/// answered when it is on disk; writes that wait meanwhile are brought there together. Another store over the same storage may write as well: what
/// rests on a state that it has changed is worked out again.
/// </summary>
internal sealed class StateStore : IDisposable
{
    // Callers wait for their own write, so this bounds the callers at once.
    [Limit(QueueLimit, "writes", "refused: 429", Refuses = true)]
    private const int LongestQueue = 4096;
    private const string QueueLimit = "state.queue";
    [Limit(ConflictLimit, "attempts to store a batch", "refused: 500", Refuses = true)]
    private const int MostAttempts = 8;
    private const string ConflictLimit = "state.attempts";
    [Limit("state.batch", "writes", "stored with the next batch")]
    private const int LargestBatch = 256;

    private readonly IStateStorage _storage;
    private readonly StateTableSet _tables;
    private readonly StateMetrics? _metrics;
    private readonly StateCounter _index;
    private readonly StateCounter _serial;
    private readonly Lock _gate = new();
    private readonly Queue<PendingWrite> _queue = new();
    private bool _isDraining;
    private StateSnapshot _current;
    private ulong _revision;

    /// <summary>Opens the state with what is stored.</summary>
    /// <exception cref="StateStorageException">It cannot be read.</exception>
    public StateStore(IStateStorage storage, StateTableSet tables, StateMetrics? metrics = null)
    {
        (_storage, _metrics) = (storage, metrics);
        _tables = tables;
        var stored = storage.Load();
        (_current, var highest) = Read(stored);
        _revision = stored.Revision;

        // 1 is what a table without any write answers (http-conventions IDX-9), so the first write gets 2.
        _index = CounterOf("index", Math.Max(1, highest));
        _serial = CounterOf("serial", 0);

        StateCounter CounterOf(string name, ulong lowest)
        {
            var reserved = stored.Counters.GetValueOrDefault(name);
            return new StateCounter(storage, name, reserved, Math.Max(lowest, reserved));
        }
    }

    public StateSnapshot Current => Volatile.Read(ref _current);

    public StateWatches Watches { get; } = new();

    /// <summary>The last index given out, to a write or to a signed leaf.</summary>
    public ulong LastIndex => _index.Last;

    /// <summary>The last certificate serial given out.</summary>
    public ulong LastSerial => _serial.Last;

    /// <summary>An index without a write, larger than any before: a leaf's signing has one of its own (leaf-certificates LEAF-33).</summary>
    /// <exception cref="ServerException">The disk refuses.</exception>
    public ulong TakeIndex() => Guard(_index.Take);

    /// <summary>The next certificate's serial number (certificates CERT-48).</summary>
    /// <exception cref="ServerException">The disk refuses.</exception>
    public ulong TakeSerial() => Guard(_serial.Take);

    /// <summary>Runs one write, perhaps more than once. What it throws leaves nothing changed (intentions IXN-7), and neither does a disk that refuses.</summary>
    /// <param name="write">Pure but for what it does to the writer; its result is the caller's answer.</param>
    /// <returns>Completes when the write is durable and readers see it.</returns>
    /// <exception cref="ServerException"><see cref="FailureKind.Failed"/> with the reason when it cannot be stored, or what it is about has become too long.</exception>
    public async Task<T> WriteAsync<T>(Func<StateWriter, T> write)
    {
        var pending = new PendingWrite<T>(write);
        lock (_gate)
        {
            if (_queue.Count >= LongestQueue)
            {
                throw new ServerException(FailureKind.RateLimited, "too many writes are waiting, try again later") { Limit = QueueLimit };
            }

            _queue.Enqueue(pending);
            if (!_isDraining)
            {
                _isDraining = true;
                QueueDrain();
            }
        }

        return await pending.Outcome;
    }

    /// <summary>All of the state at one moment, to be kept in a file.</summary>
    public StateImage Export()
    {
        // The counters are read last: what the tables hold is never ahead of them.
        var state = Current;
        return new StateImage(_index.Last, _serial.Last, state);
    }

    /// <summary>
    /// Puts an image in place of the state, as one write with an index of its own: the index never goes back, tables that outlive a restore
    /// keep their rows, and every parked reader is woken (http-conventions IDX-13).
    /// </summary>
    /// <param name="image">Checked before: nobody looks at it here.</param>
    /// <exception cref="ServerException">It cannot be stored; nothing is changed.</exception>
    public async Task RestoreAsync(StateImage image)
    {
        Guard(() => _index.SkipTo(image.Index));
        Guard(() => _serial.SkipTo(image.Serial));
        await WriteAsync(writer =>
        {
            writer.Replaces();
            foreach (var table in _tables.All)
            {
                table.Restore(writer, image.State.Of(table));
            }

            return true;
        });
    }

    public void Dispose()
    {
        _index.GiveBack();
        _serial.GiveBack();
        _storage.Dispose();
    }

    private static ulong Guard(Func<ulong> take)
    {
        try
        {
            return take();
        }
        catch (StateStorageException error)
        {
            throw NotStored(error);
        }
    }

    private static void Guard(Action skip) => Guard(() =>
    {
        skip();
        return 0UL;
    });

    internal static ServerException NotStored(StateStorageException error) =>
        new(FailureKind.Failed, "state could not be stored: " + error.Message, error);

    // Behind all that is ready to run: what of it writes goes along, and a batch takes little more than a write.
    private void QueueDrain() => ThreadPool.UnsafeQueueUserWorkItem(static store => store.Drain(), this, preferLocal: false);

    private void Drain()
    {
        List<PendingWrite> batch = [];
        lock (_gate)
        {
            while (batch.Count < LargestBatch && _queue.TryDequeue(out var next))
            {
                batch.Add(next);
            }
        }

        Carry(batch);
        lock (_gate)
        {
            _isDraining = _queue.Count > 0;
            if (_isDraining)
            {
                QueueDrain();
            }
        }
    }

    /// <summary>Carries out a batch. Nobody hears of a write, nor of what it decided another's answer by, before the whole is on disk.</summary>
    private void Carry(List<PendingWrite> batch)
    {
        try
        {
            // Writes are pure, so where another writer was faster they run again, over what it has left.
            for (var attempt = 1; !TryCarry(batch); attempt++)
            {
                if (attempt == MostAttempts)
                {
                    throw new ServerException(FailureKind.Failed, $"state could not be stored: another writer was faster {MostAttempts} times, try again later")
                    {
                        Limit = ConflictLimit,
                    };
                }

                ReadAgain();
            }
        }
        catch (Exception error)
        {
            // Anything else than a refusing disk is a bug, but its callers must not wait for ever.
            var refusal = error is StateStorageException storage ? NotStored(storage) : error;
            batch.ForEach(pending => pending.Refuse(refusal));
            return;
        }

        batch.ForEach(pending => pending.Complete());
    }

    /// <summary>Commits what waits, against the revision that it was made from.</summary>
    /// <returns>False when another writer has committed since the state was read; nothing is changed then.</returns>
    private bool TryCarry(List<PendingWrite> batch)
    {
        var state = _current;
        Dictionary<(StateTable Table, string Key), byte[]?> changes = [];
        foreach (var pending in batch)
        {
            var writer = new StateWriter(_tables, state, _index.Take);
            if (pending.TryRun(writer))
            {
                state = writer.State;
                foreach (var (row, value) in writer.Encoded)
                {
                    changes[row] = value;
                }
            }
        }

        if (changes.Count == 0)
        {
            return true;
        }

        var tables = changes.Keys.Select(row => row.Table).Distinct().ToList();
        List<RowChange> rows = [.. changes.Select(row => new RowChange(row.Key.Table.Name, row.Key.Key, row.Value))];
        CommitResult result;
        try
        {
            var start = Stopwatch.GetTimestamp();
            result = _storage.Commit(_revision, rows, [.. tables.Select(table => new TableIndex(table.Name, state.Of(table).Index))]);
            _metrics?.Commits.RecordSince(start);
        }
        finally
        {
            // They may hold keys and tokens.
            rows.ForEach(row => CryptographicOperations.ZeroMemory(row.Value));
        }

        if (result.Outcome == CommitOutcome.Conflict)
        {
            return false;
        }

        _revision = result.Revision;
        var before = _current;
        Volatile.Write(ref _current, state);
        if (Watches.Count > 0)
        {
            // Who begins to watch from here on reads the new state.
            HashSet<Topic> topics = [.. tables.Select(Topic.Any)];
            foreach (var (table, key) in changes.Keys)
            {
                topics.Add(Topic.Row(table, key));
                AddSeconds(topics, table, table.Find(before.Of(table), key));
                AddSeconds(topics, table, table.Find(state.Of(table), key));
            }

            if (state.Generation != before.Generation)
            {
                topics.Add(Topic.Everything);
            }

            Watches.Publish(topics, changesRights: tables.Exists(table => table.DecidesRights));
        }

        return true;
    }

    private static void AddSeconds(HashSet<Topic> topics, StateTable table, object? row)
    {
        if (row is not null)
        {
            foreach (var second in table.SecondKeys)
            {
                foreach (var value in second.Of(row))
                {
                    topics.Add(Topic.Rows(second, value));
                }
            }
        }
    }

    /// <summary>Takes in what another writer has left; its writes have indexes above those that were read before.</summary>
    private void ReadAgain()
    {
        var stored = _storage.Load();
        var (state, highest) = Read(stored);
        _index.SkipTo(highest);
        _revision = stored.Revision;
        Volatile.Write(ref _current, state.InGeneration(_current.Generation));
        Watches.Publish([Topic.Everything]);
    }

    /// <summary>The state of what is stored, and the highest index in it.</summary>
    private (StateSnapshot State, ulong Highest) Read(StoredState stored)
    {
        foreach (var counter in stored.Indexes.Select(table => table.Index).Concat(stored.Counters.Values))
        {
            if (counter > StateCounter.Highest)
            {
                throw new StateStorageException($"a counter stands at {counter}, and none goes beyond {StateCounter.Highest}: restore a snapshot into a new directory");
            }
        }

        // Tables do not depend on each other.
        var read = new TableState[_tables.All.Count];
        Spread.Over(read.Length, stored.Tables.Values.Sum(static rows => rows.Count), i => read[i] = Read(_tables.All[i], stored));
        var state = StateSnapshot.Empty;
        var highest = 0UL;
        for (var i = 0; i < read.Length; i++)
        {
            state = state.With(_tables.All[i], read[i]);
            highest = Math.Max(highest, read[i].Index);
        }

        return (state, highest);
    }

    private static TableState Read(StateTable table, StoredState stored)
    {
        var rows = table.Read(StateCounter.Highest);
        rows.Add(stored.Tables.GetValueOrDefault(table.Name) ?? []);
        return rows.End(stored.Indexes.FirstOrDefault(entry => entry.Table == table.Name).Index);
    }
}
