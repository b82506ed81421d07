using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Servers.Transport;

/// <summary>The breakers of one server, by kind of call and datacenter. Callers name datacenters, so the table is bounded.</summary>
internal sealed class CallBreakers(TimeProvider clock, Random random)
{
    [Limit("servers.breakers", "pairs for each server", "the least used count starts again")]
    public const int Most = 64;

    // No datacenter has a longer name.
    private const int NameLength = 64;

    private readonly Dictionary<(ConsulOperation Operation, string Kind, string Datacenter), CallBreaker> _breakers = [];
    private readonly Lock _gate = new();

    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _breakers.Count;
            }
        }
    }

    /// <summary>The breaker of a call.</summary>
    public CallBreaker Of(ConsulCall call)
    {
        var datacenter = call.Datacenter.Length <= NameLength ? call.Datacenter : call.Datacenter[..NameLength];
        lock (_gate)
        {
            if (!_breakers.TryGetValue((call.Operation, call.Kind, datacenter), out var breaker))
            {
                if (_breakers.Count >= Most)
                {
                    _breakers.Remove(_breakers.MinBy(static entry => entry.Value.UsedAt).Key);
                }

                breaker = _breakers[(call.Operation, call.Kind, datacenter)] = new CallBreaker(clock, random);
            }

            return breaker;
        }
    }

    public IReadOnlyList<CallBreaker> All()
    {
        lock (_gate)
        {
            return [.. _breakers.Values];
        }
    }
}
