using ConnectAgent.Protocol.Limits;
using ConnectAgent.State.Storage;

namespace ConnectAgent.State;

/// <summary>
/// A number that only rises, also over a crash: it is given out from a block that was reserved on disk before, so that taking one costs no
/// write. A crash skips what was left of the block; a clean end gives it back.
/// </summary>
/// <param name="storage">Where blocks are reserved.</param>
/// <param name="name">Of the counter on disk.</param>
/// <param name="reserved">What is stored of it.</param>
/// <param name="last">The last one that may have been given out.</param>
internal sealed class StateCounter(IStateStorage storage, string name, ulong reserved, ulong last)
{
    /// <summary>
    /// No state that is opened has a number beyond: a million writes a second from here on would take 292 000 years to reach the end
    /// of 63 bits, which is what the disk and some clients can hold.
    /// </summary>
    [Limit("state.counter", "numbers", "the start fails and names the counter")]
    public const ulong Highest = 1UL << 53;

    /// <summary>
    /// No snapshot lifts a counter further: what goes on from there must not reach <see cref="Highest"/>, where the agent would not start again.
    /// </summary>
    [Limit(LiftLimit, "numbers", "the snapshot is refused: 400, unless the agent's own counter is there already", Refuses = true)]
    public const ulong HighestLifted = Highest / 2;

    internal const string LiftLimit = "snapshot.counter";

    private const ulong Block = 1024;
    private readonly Lock _gate = new();
    private ulong _last = last;
    private ulong _reserved = reserved;

    /// <summary>The next number.</summary>
    /// <exception cref="StateStorageException">A new block is due and cannot be reserved.</exception>
    public ulong Take()
    {
        lock (_gate)
        {
            if (_last >= _reserved)
            {
                ReserveFrom(_last, Block);
            }

            return ++_last;
        }
    }

    /// <summary>Never gives out a number up to this one again.</summary>
    public void SkipTo(ulong number)
    {
        lock (_gate)
        {
            if (number > _reserved)
            {
                ReserveFrom(number, 0);
            }
            else if (number > _last)
            {
                _last = number;
            }
        }
    }

    /// <summary>The last number given out.</summary>
    public ulong Last
    {
        get
        {
            lock (_gate)
            {
                return _last;
            }
        }
    }

    /// <summary>At a clean end: what was not given out need not be skipped.</summary>
    public void GiveBack()
    {
        lock (_gate)
        {
            if (_last >= _reserved)
            {
                return;
            }

            try
            {
                _ = storage.TryReserve(name, ref _reserved, _last);
            }
            catch (StateStorageException)
            {
                // Then the rest of the block is skipped, as after a crash.
            }
        }
    }

    private void ReserveFrom(ulong from, ulong block)
    {
        // What another writer has reserved meanwhile is its own: this one goes on above it.
        while (!storage.TryReserve(name, ref _reserved, from + block))
        {
            from = Math.Max(from, _reserved);
        }

        _last = from;
    }
}
