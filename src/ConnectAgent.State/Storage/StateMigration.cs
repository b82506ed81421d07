namespace ConnectAgent.State.Storage;

/// <summary>A step from one version of the schema to the next, in one transaction.</summary>
/// <param name="Sql">What it does.</param>
internal sealed record StateMigration(string Sql)
{
    /// <summary>Selects table and key of the rows that go before it, each with a line in the log; null when none do.</summary>
    public string? Drops { get; init; }

    /// <summary>Why they go.</summary>
    public string Why { get; init; } = string.Empty;
}
