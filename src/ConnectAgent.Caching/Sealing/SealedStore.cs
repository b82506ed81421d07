using ConnectAgent.Protocol.Limits;
using Microsoft.Extensions.Logging;

namespace ConnectAgent.Caching.Sealing;

/// <summary>
/// Keeps entries over a restart, a kill included: in memory for the callers, and by one background writer in
/// <c>agent-cache.sealed</c>, encrypted with <c>agent-cache.key</c> (32 random bytes, made once); both have mode 0600.
/// </summary>
/// <param name="directory">Where the two files lie. It must exist; while it does not, writing fails and is retried.</param>
/// <param name="clock">Times the retries and names bad files.</param>
/// <param name="logger">Never gets an id or a payload.</param>
/// <remarks>One process per directory. The file is as secret as its key, which lies beside it: it keeps backups of one without the other,
/// and casual readers, from the secrets; nothing is kept from those who can read both.</remarks>
internal sealed class SealedStore(string directory, TimeProvider clock, ILogger<SealedStore> logger) : IAsyncDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    [Limit("sealed.retry", "s", "the pause grows no further")]
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(60);
    [Limit("sealed.last_write", "s", "the process ends without it")]
    private static readonly TimeSpan LastFlush = TimeSpan.FromSeconds(2);

    // The file is written whole: while much changes, the writer takes a tenth of its time and leaves the rest to those who are asked.
    private const int RestForEachWrite = 9;
    [Limit("sealed.rest", "s", "the pause between two writes grows no further")]
    private static readonly TimeSpan LongestRest = TimeSpan.FromSeconds(2);

    private readonly Lock _gate = new();
    private readonly Lock _reading = new();
    private readonly SealedFile _file = new(directory, clock, logger);
    private readonly SealedMap _map = new();
    private readonly CancellationTokenSource _closing = new();
    private TaskCompletionSource _progress = NewSignal();
    private TaskCompletionSource _hurry = NewSignal();
    private int _flushes;
    private Task _writer = Task.CompletedTask;
    private int _refused;
    private long _version;
    private long _written;
    private bool _isRead;
    private bool _isWriting;
    private bool _isClosed;

    /// <summary>Reads the file, the first time; call it at the start. What was put or removed before wins over the file.</summary>
    /// <returns>
    /// What the file gave, each until it is replaced or removed, when it is zeroed; empty without a file. A file that is damaged, truncated, of another key or version, unreadable or over
    /// 512 MiB is renamed to <c>agent-cache.sealed.bad-(unix seconds)</c>, of which the three latest stay, with a warning; then only those
    /// entries are left that are authentic one by one. Never throws for a file; a key that can be neither read nor made is a warning, and
    /// the writer tries again to read before it writes.
    /// </returns>
    public IReadOnlyList<SealedEntry> Load()
    {
        try
        {
            EnsureRead();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.LoadFailed(error.Message);
        }

        lock (_gate)
        {
            return _map.Given();
        }
    }

    /// <summary>
    /// Adds or replaces, in memory; the disk follows at once in the background, together with what changes while it is written. What is over
    /// 16 MiB when it is rendered, or for which 512 MiB do not suffice, is left out with a warning.
    /// </summary>
    /// <param name="item">Held, and rendered at each write until it is replaced or removed. Put it again when its payload changes.</param>
    /// <remarks>Does nothing once the store is closed.</remarks>
    public void Put(ISealable item)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                _map.Put(item);
                Changed(changed: true);
            }
        }
    }

    /// <summary>Removes, in memory; the disk follows as with <see cref="Put"/>. Unknown ids are fine.</summary>
    public void Remove(string id)
    {
        lock (_gate)
        {
            if (!_isClosed)
            {
                Changed(_map.Remove(id));
            }
        }
    }

    /// <summary>Completes when all that was put and removed so far is on disk; while the disk fails it waits and hurries nothing.</summary>
    /// <exception cref="ObjectDisposedException">The store closed before it could be written.</exception>
    /// <exception cref="OperationCanceledException">By the caller; the writing goes on.</exception>
    public async Task FlushAsync(CancellationToken cancellationToken)
    {
        long target;
        lock (_gate)
        {
            target = _version;
            _flushes++;
            _hurry.TrySetResult();
        }

        try
        {
            while (true)
            {
                Task progress;
                lock (_gate)
                {
                    if (_written >= target)
                    {
                        return;
                    }

                    ObjectDisposedException.ThrowIf(_isClosed && !_isWriting, this);
                    progress = _progress.Task;
                }

                await progress.WaitAsync(cancellationToken);
            }
        }
        finally
        {
            lock (_gate)
            {
                if (--_flushes == 0)
                {
                    _hurry = NewSignal();
                }
            }
        }
    }

    /// <summary>Takes no more changes, tries once more to write what is not on disk, for at most 2 s, and zeroes what it held.</summary>
    public async ValueTask DisposeAsync()
    {
        Task writer;
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            _isClosed = true;
            writer = _writer;
        }

        await _closing.CancelAsync();
        try
        {
            await writer.WaitAsync(LastFlush, clock);
        }
        catch (TimeoutException)
        {
            // The disk hangs, and so does the thread that writes; it ends with the process.
        }

        lock (_gate)
        {
            if (_written < _version)
            {
                logger.ClosedUnwritten();
            }

            // A writer that still hangs needs the entries, or it would end up writing an empty file.
            if (!_isWriting)
            {
                _map.Clear();
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void EnsureRead()
    {
        lock (_reading)
        {
            if (_isRead)
            {
                return;
            }

            var content = _file.Read();
            _isRead = true;
            lock (_gate)
            {
                _map.Merge(content.Entries);

                // What could be saved from a bad file is now nowhere but in memory.
                Changed(content is { Flaw: not null, Entries.Count: > 0 } && !_isClosed);
            }

            logger.Loaded(content.Entries.Count);
        }
    }

    // Under the lock. The writer runs from the first change until all is written.
    private void Changed(bool changed)
    {
        if (!changed)
        {
            return;
        }

        _version++;
        if (!_isWriting)
        {
            _isWriting = true;

            // It belongs to the store, not to this caller, whose context it does not take along.
            using (ExecutionContext.SuppressFlow())
            {
                _writer = Task.Run(WriteAllAsync, CancellationToken.None);
            }
        }
    }

    private async Task WriteAllAsync()
    {
        var failures = 0;
        var isOver = false;
        while (IsWorkLeft(isOver))
        {
            var isLast = _closing.IsCancellationRequested;
            var start = clock.GetTimestamp();
            try
            {
                EnsureRead();
                WriteOnce();
            }
            catch (Exception error)
            {
                // Whatever it is, the memory is still right, and the next attempt may be better than none.
                var pause = Pause(failures++);
                if (failures == 1)
                {
                    logger.WriteFailed(error, pause);
                }

                isOver = isLast;
                await Task.Delay(pause, clock, _closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                continue;
            }

            if (failures > 0)
            {
                logger.WriteRecovered(failures);
                failures = 0;
            }

            await RestAsync(clock.GetElapsedTime(start) * RestForEachWrite);
        }
    }

    // A store that closes, or of which somebody waits for the disk, does not rest.
    private async Task RestAsync(TimeSpan rest)
    {
        Task hurry;
        lock (_gate)
        {
            if (_written >= _version || _flushes > 0)
            {
                return;
            }

            hurry = _hurry.Task;
        }

        rest = rest < LongestRest ? rest : LongestRest;
        if (rest > TimeSpan.FromMilliseconds(1))
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_closing.Token);
            await Task.WhenAny(hurry, Task.Delay(rest, clock, over.Token));
            await over.CancelAsync();
        }
    }

    private bool IsWorkLeft(bool isOver)
    {
        lock (_gate)
        {
            _isWriting = !isOver && _written < _version;
            if (!_isWriting)
            {
                Pulse();
            }

            return _isWriting;
        }
    }

    private void WriteOnce()
    {
        long version;
        ISealable[] entries;
        lock (_gate)
        {
            version = _version;
            entries = _map.Lend();
        }

        try
        {
            var written = _file.Write(entries);
            logger.Written(written.Entries);
            if (written.Refused > _refused)
            {
                logger.EntriesRefused(written.Refused, written.Largest);
            }

            _refused = written.Refused;
            lock (_gate)
            {
                _written = version;
                Pulse();
            }
        }
        finally
        {
            lock (_gate)
            {
                _map.Return();
            }
        }
    }

    // Under the lock; wakes the flushes, which look again.
    private void Pulse()
    {
        _progress.TrySetResult();
        _progress = NewSignal();
    }

    private static TimeSpan Pause(int failures) => FirstPause * Math.Min(1 << Math.Min(failures, 10), LongestPause / FirstPause);
}
