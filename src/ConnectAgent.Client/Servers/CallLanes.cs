using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Client.Servers;

/// <summary>The lanes of one server, by kind of call and datacenter. Callers name datacenters, so the table is bounded.</summary>
internal sealed class CallLanes(TimeProvider clock, Random random)
{
    [Limit("servers.lanes", "pairs for each server", "the least used count starts again")]
    public const int Most = 64;

    // No datacenter has a longer name.
    private const int NameLength = 64;

    private readonly Dictionary<(ConsulOperation Operation, string Datacenter), CallLane> _lanes = [];
    private readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _lanes.Count;
            }
        }
    }

    /// <summary>The lane of a call.</summary>
    public CallLane Of(ConsulCall call)
    {
        var datacenter = call.Datacenter.Length <= NameLength ? call.Datacenter : call.Datacenter[..NameLength];
        lock (_gate)
        {
            if (!_lanes.TryGetValue((call.Operation, datacenter), out var lane))
            {
                if (_lanes.Count >= Most)
                {
                    _lanes.Remove(_lanes.MinBy(static entry => entry.Value.UsedAt).Key);
                }

                lane = _lanes[(call.Operation, datacenter)] = new CallLane(clock, random);
            }

            return lane;
        }
    }

    public IReadOnlyList<CallLane> All()
    {
        lock (_gate)
        {
            return [.. _lanes.Values];
        }
    }
}
