namespace ConnectAgent.Protocol.Services;

/// <summary>The statuses of a check (services DATA-11).</summary>
public static class CheckStatus
{
    public const string Passing = "passing";

    public const string Warning = "warning";

    public const string Critical = "critical";

    /// <summary>Only of an aggregate (AG-20).</summary>
    public const string Maintenance = "maintenance";

    /// <summary>Whether a check may have it.</summary>
    public static bool IsOne(string status) => status is Passing or Warning or Critical;
}

/// <summary>A check and its last result (services DATA-9). Immutable.</summary>
public sealed record HealthCheck
{
    public string Node { get; init; } = string.Empty;

    /// <summary>Unique on its node.</summary>
    public required string CheckId { get; init; }

    public string Name { get; init; } = string.Empty;

    /// <summary>One of <see cref="CheckStatus"/>; the catalog takes any text (CAT-4).</summary>
    public string Status { get; init; } = CheckStatus.Critical;

    public string Notes { get; init; } = string.Empty;

    public string Output { get; init; } = string.Empty;

    /// <summary>Empty for a check of the node.</summary>
    public string ServiceId { get; init; } = string.Empty;

    public string ServiceName { get; init; } = string.Empty;

    public IReadOnlyList<string> ServiceTags { get; init; } = [];

    /// <summary>For instance <c>ttl</c> (CHK-8); empty where nobody said.</summary>
    public string Type { get; init; } = string.Empty;

    /// <summary>A duration as text, or empty (DATA-10).</summary>
    public string Interval { get; init; } = string.Empty;

    /// <inheritdoc cref="Interval"/>
    public string Timeout { get; init; } = string.Empty;

    public int ExposedPort { get; init; }

    /// <summary>What the catalog was told of how it is looked at; <see cref="CheckDefinition.None"/> from agents, who never tell.</summary>
    public CheckDefinition Definition { get; init; } = CheckDefinition.None;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }
}
