namespace ConnectAgent.State.Snapshots;

/// <summary>
/// What a feature asks of a snapshot before its rows replace those in use. Features register theirs; all look at every snapshot, in the order of
/// registration. A checksum is no proof of content.
/// </summary>
internal interface ISnapshotRule
{
    /// <summary>Looks at it; changes nothing.</summary>
    /// <param name="image">What the snapshot holds.</param>
    /// <param name="current">The state in use.</param>
    /// <param name="cancellationToken">The caller going away.</param>
    /// <exception cref="SnapshotException">Why it is refused.</exception>
    /// <exception cref="Protocol.Errors.ServerException">The same.</exception>
    Task RequireAsync(StateImage image, StateSnapshot current, CancellationToken cancellationToken);
}
