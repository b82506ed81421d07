using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.ConfigEntries;

/// <summary>
/// What entries of one kind need of entries of another (intentions CE-12, services CFG-14). Features register theirs; all look at every write of
/// an entry, in the order of registration.
/// </summary>
internal interface IConfigEntryRule
{
    /// <summary>Looks at a state.</summary>
    /// <param name="state">With the write in it.</param>
    /// <param name="kind">Of the entry that was written.</param>
    /// <param name="before">What was there; null for nothing.</param>
    /// <param name="after">What is there; null when it went.</param>
    /// <exception cref="Protocol.Errors.ServerException">The write is refused.</exception>
    void Require(StateSnapshot state, ConfigEntryKind kind, IConfigEntry? before, IConfigEntry? after);
}
