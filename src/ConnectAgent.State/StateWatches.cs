using System.Runtime.InteropServices;

namespace ConnectAgent.State;

/// <summary>Something that a read depends on: a whole table, one row of it, or the rows that share a second key.</summary>
/// <param name="Table">For instance that of the roots; null for all of them.</param>
/// <param name="Key">Null for the whole table.</param>
/// <param name="Second">What the key is one of; null for a row's own.</param>
internal readonly record struct Topic(StateTable? Table, string? Key = null, SecondKey? Second = null)
{
    /// <summary>The replacement of the whole state by a snapshot file.</summary>
    public static Topic Everything { get; } = new(null);

    /// <summary>Any row of a table.</summary>
    public static Topic Any(StateTable table) => new(table);

    /// <summary>One row, whether it exists or not.</summary>
    public static Topic Row(StateTable table, string key) => new(table, key);

    /// <summary>The rows that have a second key, whether there are any or not.</summary>
    public static Topic Rows(SecondKey key, string second) => new(key.Table, second, key);
}

/// <summary>Who waits for what. A topic without a watcher takes no memory, and a watcher that leaves takes all of it along.</summary>
internal sealed class StateWatches
{
    private readonly Lock _gate = new();

    // Of most topics there is one watcher, which stands here itself; of others a set of them.
    private readonly Dictionary<Topic, object> _watchers = [];

    /// <summary>How many topics are watched.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _watchers.Count;
            }
        }
    }

    /// <summary>
    /// Starts to watch; the replacement of the whole state is always heard. Take the watch before the state is read, or a write between the two
    /// is missed.
    /// </summary>
    /// <param name="topics">At least one.</param>
    /// <param name="includesRights">Whether a change of what any token may do is heard, too.</param>
    public StateWatch Watch(Topic[] topics, bool includesRights = false)
    {
        var watch = new StateWatch(this, topics, includesRights);
        lock (_gate)
        {
            foreach (var topic in topics)
            {
                ref var watchers = ref CollectionsMarshal.GetValueRefOrAddDefault(_watchers, topic, out _);
                switch (watchers)
                {
                    case null:
                        watchers = watch;
                        break;
                    case StateWatch other when other != watch:
                        watchers = new HashSet<StateWatch> { other, watch };
                        break;
                    case HashSet<StateWatch> many:
                        many.Add(watch);
                        break;
                }
            }
        }

        return watch;
    }

    /// <summary>Wakes who waits for any of these.</summary>
    /// <param name="changesRights">Whether what any token may do may have changed.</param>
    public void Publish(IReadOnlyCollection<Topic> topics, bool changesRights = false)
    {
        HashSet<StateWatch> fired = [];
        lock (_gate)
        {
            foreach (var topic in topics)
            {
                if (_watchers.Remove(topic, out var watchers))
                {
                    fired.UnionWith(In(watchers));
                }
            }

            // What everybody hears, or many do, is not noted for each of them: it is rare, and then they are walked through.
            if (topics.Contains(Topic.Everything))
            {
                fired.UnionWith(_watchers.Values.SelectMany(In));
                _watchers.Clear();
            }
            else if (changesRights)
            {
                fired.UnionWith(_watchers.Values.SelectMany(In).Where(static watch => watch.IncludesRights));
            }
        }

        foreach (var watch in fired)
        {
            watch.Fire();
        }
    }

    internal void Release(StateWatch watch, Topic[] topics)
    {
        lock (_gate)
        {
            foreach (var topic in topics)
            {
                if (_watchers.TryGetValue(topic, out var watchers)
                    && (watchers == watch || (watchers is HashSet<StateWatch> many && many.Remove(watch) && many.Count == 0)))
                {
                    _watchers.Remove(topic);
                }
            }
        }
    }

    private static IEnumerable<StateWatch> In(object watchers) => watchers as HashSet<StateWatch> ?? [(StateWatch)watchers];
}

/// <summary>One reader's interest.</summary>
internal sealed class StateWatch(StateWatches owner, Topic[] topics, bool includesRights)
    : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), IDisposable
{
    public bool IncludesRights => includesRights;

    /// <summary>Completes when one of the topics is written, or what is heard besides.</summary>
    public Task Changed => Task;

    public void Dispose() => owner.Release(this, topics);

    internal void Fire() => TrySetResult();
}
