using ConnectAgent.Protocol.Errors;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// Brings the results of TTL checks to disk, so that a restart does not turn critical what was passing a moment ago. Nobody waits for it: heartbeats come all
/// the time, so they are written together, at most once a second.
/// </summary>
internal sealed class KeptResults : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LocalStore _store;
    private readonly ILogger<KeptResults> _logger;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private Dictionary<string, KeptResult> _pending = new(StringComparer.Ordinal);
    private Task _writing = Task.CompletedTask;
    private bool _fails;

    public KeptResults(LocalStore store, TimeProvider clock, ILogger<KeptResults> logger)
    {
        (_store, _logger) = (store, logger);
        _timer = clock.CreateTimer(_ => _ = Begin(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Notes a result.</summary>
    public void Note(KeptResult result)
    {
        lock (_gate)
        {
            if (_pending.Count == 0)
            {
                _timer.Change(Pause, Timeout.InfiniteTimeSpan);
            }

            _pending[result.CheckId] = result;
        }
    }

    /// <summary>A check is gone: one that is registered anew under its ID has nothing of its result.</summary>
    public void Forget(string checkId)
    {
        lock (_gate)
        {
            _pending.Remove(checkId);
        }
    }

    /// <summary>Writes what is left.</summary>
    public async ValueTask DisposeAsync()
    {
        await _timer.DisposeAsync();
        await Begin();
    }

    private Task Begin()
    {
        lock (_gate)
        {
            if (_pending.Count > 0)
            {
                (var due, _pending) = (_pending, new Dictionary<string, KeptResult>(StringComparer.Ordinal));
                _writing = WriteAsync(_writing, due);
            }

            return _writing;
        }
    }

    private async Task WriteAsync(Task before, Dictionary<string, KeptResult> due)
    {
        await before;
        try
        {
            await _store.WriteAsync(writer =>
            {
                foreach (var result in due.Values)
                {
                    // A check that was removed meanwhile leaves nothing behind.
                    if (writer.State.Find(_store.Tables.Checks, result.CheckId) is not null)
                    {
                        writer.Put(_store.Tables.Results, result);
                    }
                }

                return true;
            });
            _fails = false;
        }
        catch (ServerException error)
        {
            if (!_fails)
            {
                _logger.ResultsNotKept(error.Message);
            }

            _fails = true;
        }
    }
}
