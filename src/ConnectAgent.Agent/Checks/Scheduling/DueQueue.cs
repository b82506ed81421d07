namespace ConnectAgent.Agent.Checks.Scheduling;

/// <summary>Items by their time: a binary heap whose items know their place. No lock: <see cref="DueTimer"/> has it.</summary>
internal sealed class DueQueue
{
    private readonly List<DueItem> _heap = [];

    public int Count => _heap.Count;

    public DueItem? First => _heap.Count > 0 ? _heap[0] : null;

    /// <summary>Puts an item in, or moves it when it is there.</summary>
    public void Put(DueItem item, long dueAt)
    {
        Remove(item);
        item.DueAt = dueAt;
        _heap.Add(item);
        Up(item, _heap.Count - 1);
    }

    /// <summary>Takes an item out; one that is not there is none.</summary>
    public void Remove(DueItem item)
    {
        if (item.Place < 0)
        {
            return;
        }

        var (place, last) = (item.Place, _heap[^1]);
        _heap.RemoveAt(_heap.Count - 1);
        item.Place = -1;
        if (last != item)
        {
            Down(last, place);
            Up(last, last.Place);
        }
    }

    private void Up(DueItem item, int place)
    {
        while (place > 0 && _heap[(place - 1) / 2] is var above && above.DueAt > item.DueAt)
        {
            Set(above, place);
            place = (place - 1) / 2;
        }

        Set(item, place);
    }

    private void Down(DueItem item, int place)
    {
        while ((2 * place) + 1 is var below && below < _heap.Count)
        {
            below += below + 1 < _heap.Count && _heap[below + 1].DueAt < _heap[below].DueAt ? 1 : 0;
            if (_heap[below].DueAt >= item.DueAt)
            {
                break;
            }

            Set(_heap[below], place);
            place = below;
        }

        Set(item, place);
    }

    private void Set(DueItem item, int place)
    {
        _heap[place] = item;
        item.Place = place;
    }
}
