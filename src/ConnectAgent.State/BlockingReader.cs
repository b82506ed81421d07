using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.State;

/// <summary>How a blocking query blocks (http-conventions section 6).</summary>
/// <param name="Query">From which index on, and for how long.</param>
/// <param name="Rights">
/// Tells what a token may do, the same object as long as it stays the same; null where nobody asks. When it changes during a wait the reader is
/// answered at once, and whoever serves it looks at the rights again (acl ACL-SEC-3).
/// </param>
/// <param name="Token">Whose rights.</param>
internal readonly record struct BlockingOptions(BlockingQuery Query, Func<string, object?>? Rights = null, string Token = "")
{
    /// <summary>As they are now.</summary>
    public object? RightsNow => Rights?.Invoke(Token);
}

/// <summary>Runs blocking queries against the store.</summary>
internal sealed class BlockingReader(StateStore store, BlockingLimits limits, TimeProvider clock, Random random) : IDisposable
{
    private volatile bool _isReleased;
    private int _parked;

    /// <summary>How many reads wait now.</summary>
    public int Parked => Volatile.Read(ref _parked);

    /// <summary>Reads until the result's index is greater than the one asked with, or the limit is over (IDX-5, IDX-6).</summary>
    /// <param name="options">Whether and how long to block.</param>
    /// <param name="topics">What the result depends on.</param>
    /// <param name="read">Pure; gives the result and its index.</param>
    /// <param name="same">Whether two results are the same: a parked reader is not woken by a write that leaves its result as it is (IAPI-6).</param>
    /// <param name="cancellationToken">The caller going away: the waiter is dropped at once (IDX-11).</param>
    /// <returns>The result; its index is at least 1 (IDX-9) and may be any when the time was up.</returns>
    public Task<(T Value, ulong Index)> ReadAsync<T>(
        BlockingOptions options,
        Topic[] topics,
        Func<StateSnapshot, (T Value, ulong Index)> read,
        Func<T, T, bool> same,
        CancellationToken cancellationToken) =>
        ReadAsync(options, new Delegated<T>(topics, read, same), cancellationToken);

    /// <inheritdoc cref="ReadAsync{T}"/>
    public async Task<TAnswer> ReadAsync<T, TAnswer>(BlockingOptions options, StateRead<T, TAnswer> read, CancellationToken cancellationToken)
    {
        var before = store.Current;
        var (first, index) = AtLeastOne(read.Of(before));
        if (!options.Query.Blocks || index > options.Query.Index)
        {
            return read.Answer(first, index);
        }

        var rights = options.RightsNow;
        var start = clock.GetTimestamp();
        var limit = limits.Of(options.Query, random.NextDouble());
        var topics = read.TopicsOf(first);
        while (true)
        {
            using var watch = store.Watches.Watch(topics, includesRights: options.Rights is not null);
            var now = store.Current;
            var (value, at) = AtLeastOne(read.Of(now));
            if ((at > options.Query.Index && !read.AreSame(first, value)) || now.Generation != before.Generation
                || !ReferenceEquals(rights, options.RightsNow))
            {
                // IDX-13: a replaced state answers everybody.
                return read.Answer(value, at);
            }

            var left = limit - clock.GetElapsedTime(start);
            if (left <= TimeSpan.Zero || _isReleased)
            {
                return read.Answer(value, at);
            }

            // It may depend on something else than it did.
            var needed = read.TopicsOf(value);
            if (!needed.AsSpan().SequenceEqual(topics))
            {
                topics = needed;
                continue;
            }

            Interlocked.Increment(ref _parked);
            try
            {
                await watch.Changed.WaitAsync(left.RoundUp(), clock, cancellationToken);
            }
            catch (TimeoutException)
            {
                // The next turn of the loop sees that no time is left; a timeout is no error (IDX-5).
            }
            finally
            {
                Interlocked.Decrement(ref _parked);
            }
        }
    }

    /// <summary>Ends all waits, now and later: every waiter answers with what it has (IDX-13).</summary>
    public void Release()
    {
        _isReleased = true;
        store.Watches.Publish([Topic.Everything]);
    }

    public void Dispose() => Release();

    private static (T Value, ulong Index) AtLeastOne<T>((T Value, ulong Index) read) => (read.Value, Math.Max(1, read.Index));

    private sealed class Delegated<T>(Topic[] topics, Func<StateSnapshot, (T Value, ulong Index)> read, Func<T, T, bool> same)
        : StateRead<T, (T Value, ulong Index)>
    {
        public override Topic[] TopicsOf(T value) => topics;

        public override (T Value, ulong Index) Of(StateSnapshot snapshot) => read(snapshot);

        public override bool AreSame(T one, T other) => same(one, other);

        public override (T Value, ulong Index) Answer(T value, ulong index) => (value, index);
    }
}

/// <summary>Time limits of blocking queries (IDX-4).</summary>
/// <param name="Default">For a missing or non-positive wait; 300 s.</param>
/// <param name="Longest">600 s.</param>
internal sealed record BlockingLimits(TimeSpan Default, TimeSpan Longest)
{
    [Limit("state.wait_unless_asked", "s", "the read answers what there is", Key = "default_query_time")]
    private static readonly TimeSpan WaitUnlessAsked = TimeSpan.FromSeconds(300);
    [Limit("state.wait", "s", "the read answers what there is, up to a sixteenth later", Key = "max_query_time")]
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(600);

    public static BlockingLimits Standard { get; } = new(WaitUnlessAsked, LongestWait);

    /// <summary>The limit with its random addition of less than a sixteenth, so that waiters do not all return at once.</summary>
    public TimeSpan Of(BlockingQuery query, double random)
    {
        var limit = query.LimitedWait(Default, Longest);
        return limit + (limit / 16 * random);
    }
}
