namespace ConnectAgent.ControlPlane.State;

/// <summary>Something that a read depends on: a whole table, or one key of it.</summary>
/// <param name="Table">For instance <c>roots</c>.</param>
/// <param name="Key">Null for the whole table.</param>
internal readonly record struct Topic(string Table, string? Key = null)
{
    public static Topic Roots { get; } = new("roots");

    public static Topic AllIntentions { get; } = new("intentions");

    public static Topic IntentionsOf(string key) => new("intentions", key);
}

/// <summary>Who waits for what. A topic without a watcher takes no memory.</summary>
internal sealed class StateWatches
{
    private readonly Lock _gate = new();
    private readonly Dictionary<Topic, Signal> _signals = [];

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _signals.Count;
            }
        }
    }

    /// <summary>Starts to watch. Take the watch before the state is read, or a write between the two is missed.</summary>
    public StateWatch Watch(IReadOnlyList<Topic> topics)
    {
        var tasks = new Task[topics.Count];
        lock (_gate)
        {
            for (var i = 0; i < topics.Count; i++)
            {
                if (!_signals.TryGetValue(topics[i], out var signal))
                {
                    _signals.Add(topics[i], signal = new Signal());
                }

                signal.Watchers++;
                tasks[i] = signal.Task;
            }
        }

        return new StateWatch(this, topics, tasks);
    }

    public void Publish(IReadOnlyCollection<Topic> topics)
    {
        List<Signal> fired = [];
        lock (_gate)
        {
            foreach (var topic in topics)
            {
                if (_signals.Remove(topic, out var signal))
                {
                    fired.Add(signal);
                }
            }
        }

        foreach (var signal in fired)
        {
            signal.TrySetResult();
        }
    }

    internal void Release(IReadOnlyList<Topic> topics, Task[] tasks)
    {
        lock (_gate)
        {
            for (var i = 0; i < topics.Count; i++)
            {
                // A signal that has fired is out of the table already; a younger one of the same topic is not ours.
                if (_signals.TryGetValue(topics[i], out var signal) && signal.Task == tasks[i] && --signal.Watchers == 0)
                {
                    _signals.Remove(topics[i]);
                }
            }
        }
    }

    private sealed class Signal() : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public int Watchers { get; set; }
    }
}

/// <summary>One reader's interest.</summary>
internal readonly struct StateWatch(StateWatches owner, IReadOnlyList<Topic> topics, Task[] tasks) : IDisposable
{
    /// <summary>Completes when one of the topics is written.</summary>
    public Task Changed { get; } = tasks.Length == 1 ? tasks[0] : Task.WhenAny(tasks);

    public void Dispose() => owner.Release(topics, tasks);
}
