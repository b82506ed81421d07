using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>
/// Brings the results of TTL checks to disk, so that after a restart a check is what its owner said last. Another status is written at once, and its owner is
/// answered then (<see cref="NewsAsync"/>). Heartbeats that say the same come all the time: nobody waits for them, and they are written together. So a
/// kill may lose how late the last of them came, and its output; never a status.
/// </summary>
internal sealed class KeptResults : IAsyncDisposable
{
    [Limit("checks.results", "s", "they are written")]
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly LocalStore _store;
    private readonly ILogger<KeptResults> _logger;
    private readonly Lock _gate = new();
    private readonly ITimer _timer;
    private Dictionary<string, KeptResult> _pending = new(StringComparer.Ordinal);
    private Dictionary<string, KeptResult> _writing = new(StringComparer.Ordinal);
    private Task _last = Task.CompletedTask;
    private Task _news = Task.CompletedTask;
    private bool _isArmed;
    private bool _isQueued;
    private bool _fails;

    public KeptResults(LocalStore store, TimeProvider clock, ILogger<KeptResults> logger)
    {
        (_store, _logger) = (store, logger);
        _timer = clock.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Completes when the statuses that have been noted are on disk, or cannot be brought there now.</summary>
    public Task NewsAsync()
    {
        lock (_gate)
        {
            return _news;
        }
    }

    /// <summary>Notes a result.</summary>
    public void Note(KeptResult result)
    {
        lock (_gate)
        {
            var before = _pending.GetValueOrDefault(result.CheckId) ?? _writing.GetValueOrDefault(result.CheckId) ?? _store.Current.Find(_store.Tables.Results, result.CheckId);
            _pending[result.CheckId] = result;
            if (before?.Status != result.Status)
            {
                _news = Queue();
            }
            else
            {
                Arm();
            }
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
        Flush();
        await _last;
    }

    private void Flush()
    {
        lock (_gate)
        {
            _isArmed = false;
            if (_pending.Count > 0)
            {
                _ = Queue();
            }
        }
    }

    // Under the gate, as is the next one.
    private void Arm()
    {
        if (!_isArmed)
        {
            _isArmed = true;
            _timer.Change(Pause, Timeout.InfiniteTimeSpan);
        }
    }

    // All that comes before its turn goes with a write that waits for it.
    private Task Queue()
    {
        if (!_isQueued)
        {
            _isQueued = true;
            _last = WriteAsync(_last);
        }

        return _last;
    }

    private async Task WriteAsync(Task before)
    {
        // What could not be written is back before the next write takes what there is: it never comes after something newer.
        await before;
        Dictionary<string, KeptResult>? taken = null;
        try
        {
            await _store.WriteAsync(writer =>
            {
                // In its turn: whatever removes a check after this removes its result, too.
                taken ??= Take();
                foreach (var result in taken.Values)
                {
                    // A check that was removed meanwhile leaves nothing behind.
                    if (writer.State.Find(_store.Tables.Checks, result.CheckId) is not null)
                    {
                        writer.Put(_store.Tables.Results, result);
                    }
                }

                return true;
            });
            Written();
            _fails = false;
        }
        catch (ServerException error)
        {
            if (!_fails)
            {
                _logger.ResultsNotKept(error.Message);
            }

            _fails = true;
            Return(taken ?? Take());
        }
    }

    private Dictionary<string, KeptResult> Take()
    {
        lock (_gate)
        {
            (_writing, _pending) = (_pending, new Dictionary<string, KeptResult>(StringComparer.Ordinal));
            _isQueued = false;
            return _writing;
        }
    }

    private void Written()
    {
        lock (_gate)
        {
            _writing = new Dictionary<string, KeptResult>(StringComparer.Ordinal);
        }
    }

    private void Return(Dictionary<string, KeptResult> taken)
    {
        lock (_gate)
        {
            foreach (var (id, result) in taken)
            {
                _pending.TryAdd(id, result);
            }

            Written();

            Arm();
        }
    }
}
