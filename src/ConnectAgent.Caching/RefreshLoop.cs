using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Reads;
using ConnectAgent.Protocol.Timing;

namespace ConnectAgent.Caching;

/// <summary>
/// Keeps one feed fresh: fetches, stores what came, and waits until the next fetch is due, by the kind's own time or by the back-off (CACHE-12,
/// CACHE-22). It belongs to the feed and not to the caller who started it, whose cancellation and context it does not take along.
/// </summary>
internal sealed class RefreshLoop<TRequest, TValue>(CacheFeed<TRequest, TValue> feed) : IThreadPoolWorkItem
    where TRequest : CacheRequest
    where TValue : class
{
    private CacheContext Context => feed.Context;

    private CacheKind<TRequest, TValue> Kind => feed.Kind;

    void IThreadPoolWorkItem.Execute() => _ = RunAsync();

    private async Task RunAsync()
    {
        var failures = 0;
        try
        {
            while (true)
            {
                if (Kind.IsScheduled && feed.Schedule() is { } held)
                {
                    await Kind.DueAsync(held, feed.Life);
                }

                if (Kind.IsPaced)
                {
                    await Context.Clock.PauseAsync(feed.Pace.Take(Context.Limits(), Context.Clock), feed.Life);
                }

                var fetch = feed.Begin(afterOutage: RefreshBackoff.IsPausing(failures));
                var back = Context.Contact.Back;
                var step = FetchStep.Begin(Kind.Name, fetch.Index);
                var fetched = Fetch(fetch);
                await ((Task)fetched).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                step.End(Context.Metrics, fetched.Exception?.InnerException);
                if (feed.State.TakeDeferral() && fetched.IsCompletedSuccessfully)
                {
                    continue;
                }

                var outcome = Weighed(OutcomeOf(fetched, fetch));
                if (!feed.Apply(outcome))
                {
                    return;
                }

                failures = outcome.IsGood ? 0 : failures + 1;
                var pause = RefreshBackoff.Pause(failures, Context.Random.NextDouble());
                await SleepAsync(pause, outcome.Error is { Kind: FailureKind.Unreachable } ? back : null);
            }
        }
        catch (OperationCanceledException) when (feed.Life.IsCancellationRequested)
        {
            Context.Log.RefreshEnded(feed.Key);
        }
        catch (Exception error)
        {
            // A bug here must be heard, and must not leave readers behind that wait for a loop that is no more.
            Context.Log.RefreshBroke(error, feed.Key);
            CountFailure(fatal: true);
            feed.Break(error);
        }
    }

    private Task<ServerRead<TValue>?> Fetch(FetchContext<TRequest, TValue> fetch)
    {
        feed.Statistics.Fetched();
        Context.Count(failed: false);
        try
        {
            return Kind.FetchAsync(fetch, feed.Life);
        }
        catch (Exception error)
        {
            return Task.FromException<ServerRead<TValue>?>(error);
        }
    }

    /// <summary>What a fetch that has ended brought.</summary>
    /// <param name="fetched">Ended, however.</param>
    /// <param name="fetch">What it started from.</param>
    /// <exception cref="OperationCanceledException">The entry has ended.</exception>
    private FetchOutcome<TValue> OutcomeOf(Task<ServerRead<TValue>?> fetched, FetchContext<TRequest, TValue> fetch)
    {
        try
        {
            var read = fetched.GetAwaiter().GetResult();
            Context.Metrics.Fetched(Kind.Name, notModified: read is null);
            var step = read?.StepFrom(fetch.Index);
            if (step == IndexStep.Back)
            {
                Context.Contact.StartedOver();
            }

            if (read is not null && step != IndexStep.Same)
            {
                Kind.Arrived(fetch.Request, read.Value);
            }

            // That nothing changed is good news, whatever index was asked with; that there is nothing at all is none.
            return new FetchOutcome<TValue>(read, null) { IsFruitless = read?.LacksIndex ?? fetch.Value is null };
        }
        catch (ServerException error)
        {
            // What is kept fresh and is there no more is held no more.
            var outcome = new FetchOutcome<TValue>(null, error) { IsSuperseded = error.Kind == FailureKind.NotFound && Kind.Refreshes };
            CountFailure(outcome.EndsRefresh);
            Context.Log.FetchFailed(feed.Key, error.Message);
            return outcome;
        }
        catch (Exception error) when (error is not OperationCanceledException || !feed.Life.IsCancellationRequested)
        {
            // A bug in one kind must neither hang its readers nor take the other entries down.
            CountFailure(fatal: false);
            Context.Log.FetchBroke(error, feed.Key);
            return new FetchOutcome<TValue>(null, FetchOutcome<TValue>.Bug(error));
        }
    }

    /// <summary>
    /// Makes room for a value before anybody sees it; one that finds none is a failed fetch. What is held is out of date then, and may allow what the
    /// servers deny by now. Only what is looked at before each use (a leaf) may stay.
    /// </summary>
    private FetchOutcome<TValue> Weighed(FetchOutcome<TValue> outcome)
    {
        if (outcome.Read is not { Value: var value })
        {
            return outcome;
        }

        var bytes = Kind.SizeOf(value);
        foreach (var member in feed.Members())
        {
            if (member.PaysForValue && Context.Weigh(member, bytes) is { } error)
            {
                CountFailure(fatal: false);
                Context.Log.FetchFailed(feed.Key, error.Message);
                return new FetchOutcome<TValue>(null, error) { IsSuperseded = !Kind.Revalidates };
            }
        }

        return outcome;
    }

    /// <summary>Waits before the next fetch, unless a reader needs it or the servers that could not be reached are back.</summary>
    private async Task SleepAsync(TimeSpan pause, Task? back)
    {
        var wake = feed.Wake;
        if (pause > TimeSpan.Zero)
        {
            using var ended = CancellationTokenSource.CreateLinkedTokenSource(feed.Life);
            feed.Statistics.Sleeps(Context.Clock.GetUtcNow() + pause);
            var over = Context.Clock.PauseAsync(pause, ended.Token);
            await (back is null ? Task.WhenAny(wake, over) : Task.WhenAny(wake, over, back));
            await ended.CancelAsync();
            feed.Statistics.Sleeps(null);
            feed.Life.ThrowIfCancellationRequested();
        }
    }

    private void CountFailure(bool fatal)
    {
        feed.Statistics.Failed(Context.Clock.GetUtcNow());
        Context.Count(failed: true);
        Context.Metrics.Failed(Kind.Name, fatal);
    }
}
