namespace ConnectAgent.State;

/// <summary>A read that can be made again when what it depends on is written. Thousands wait for long, so it is one object.</summary>
/// <typeparam name="T">The result.</typeparam>
/// <typeparam name="TAnswer">What the reader gets.</typeparam>
internal abstract class StateRead<T, TAnswer>
{
    /// <summary>What a result depends on; a write to none of it leaves the result as it is.</summary>
    public abstract Topic[] TopicsOf(T value);

    /// <summary>Pure; gives the result and its index.</summary>
    public abstract (T Value, ulong Index) Of(StateSnapshot snapshot);

    /// <summary>Whether two results are the same: a parked reader is not woken by a write that leaves its result as it is (IAPI-6).</summary>
    public abstract bool AreSame(T one, T other);

    /// <summary>Looks at the result for the last time; may refuse it.</summary>
    /// <param name="value">The result.</param>
    /// <param name="index">At least 1.</param>
    public abstract TAnswer Answer(T value, ulong index);
}
