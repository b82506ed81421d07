namespace ConnectAgent.Watches;

/// <summary>A watch of the configuration. Holds a token: never printed.</summary>
internal sealed record WatchDefinition
{
    public WatchTarget Target { get; init; } = new();

    /// <summary>Whom it asks as; empty: the agent's default token.</summary>
    public string Token { get; init; } = string.Empty;

    public string HandlerType { get; init; } = string.Empty;

    /// <summary>A line for the shell: the old form.</summary>
    public string Handler { get; init; } = string.Empty;

    /// <summary>A program and its arguments.</summary>
    public IReadOnlyList<string> Args { get; init; } = [];

    public WatchHttpHandler Http { get; init; } = new();

    /// <summary>The program that is run; empty where the change is sent over HTTP.</summary>
    public IReadOnlyList<string> Program => Args.Count > 0 ? Args : Handler.Length > 0 ? ["/bin/sh", "-c", Handler] : [];

    // Records print their members.
    public override string ToString() => $"watch of {Target.Type}";
}

/// <summary>Where a change is sent. Headers may be secret: never printed.</summary>
internal sealed record WatchHttpHandler
{
    public string Path { get; init; } = string.Empty;

    public string Method { get; init; } = string.Empty;

    /// <summary>As it is written; completed in <see cref="TimeLimit"/>.</summary>
    public string Timeout { get; init; } = string.Empty;

    public TimeSpan TimeLimit { get; init; }

    public IReadOnlyDictionary<string, List<string>> Header { get; init; } = new Dictionary<string, List<string>>(StringComparer.OrdinalIgnoreCase);

    public bool TlsSkipVerify { get; init; }

    // Records print their members.
    public override string ToString() => Path;
}
