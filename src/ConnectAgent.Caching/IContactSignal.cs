namespace ConnectAgent.Caching;

/// <summary>
/// Tells entries that wait out a back-off that what they are fetched from can be reached again. Without it each would find out by itself, up to two
/// minutes later (agent-cache CACHE-22), and decide by old values until then. Exactly one is registered.
/// </summary>
internal interface IContactSignal
{
    /// <summary>Completes when it can be reached again. Take it before the fetch that may fail, or a return between the two is missed.</summary>
    Task Back { get; }

    /// <summary>What it is fetched from is in another life: an index went back (CACHE-18). Told of each fetch that meets it.</summary>
    void StartedOver();
}
