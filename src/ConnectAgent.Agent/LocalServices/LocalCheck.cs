using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Services;

namespace ConnectAgent.Agent.LocalServices;

/// <summary>A check as it was registered with this agent. Immutable.</summary>
internal sealed record RegisteredCheck
{
    /// <summary>Unique with this agent.</summary>
    public required string CheckId { get; init; }

    public string Name { get; init; } = string.Empty;

    public string Notes { get; init; } = string.Empty;

    /// <summary>Empty for a check of the node.</summary>
    public string ServiceId { get; init; } = string.Empty;

    /// <summary>For instance <c>ttl</c> (services CHK-8).</summary>
    public string Type { get; init; } = string.Empty;

    /// <summary>Its first status; a check that is registered again keeps the one that it has (REG-14).</summary>
    public string Status { get; init; } = CheckStatus.Critical;

    /// <summary>As the wire shows it (DATA-10).</summary>
    public string Interval { get; init; } = string.Empty;

    /// <inheritdoc cref="Interval"/>
    public string Timeout { get; init; } = string.Empty;

    public CheckDefinition Definition { get; init; } = CheckDefinition.None;

    /// <summary>Its token as it is kept on disk (<see cref="TokenSeal"/>); null for none.</summary>
    public string? SealedToken { get; init; }

    /// <summary>Whether a configuration file defines it, so that it goes when the file no longer does (AG-29).</summary>
    public bool IsFromFile { get; init; }

    /// <summary>What it is registered in the catalog with; empty for none. Never shown or logged.</summary>
    [JsonIgnore]
    public string Token { get; init; } = string.Empty;

    /// <summary>A check as its owner asks for it.</summary>
    /// <param name="check">Checked, with its ID and name.</param>
    /// <param name="isNested">Whether it came inside a service: then it does not show how often it is looked at (DATA-10).</param>
    /// <param name="token">Empty for none.</param>
    public static RegisteredCheck Of(CheckRequest check, bool isNested, string token) => new()
    {
        CheckId = check.CheckId,
        Name = check.Name,
        Notes = check.Notes,
        ServiceId = check.ServiceId,
        Type = CheckTypes.Of(check.Definition),
        Status = check.Status.Length > 0 ? check.Status : CheckStatus.Critical,
        Interval = isNested ? string.Empty : check.Definition.Interval.ToString(),
        Timeout = isNested ? string.Empty : check.Definition.Timeout.ToString(),
        Definition = check.Definition.Completed(),
        Token = token,
    };

    /// <summary>What readers and the catalog see of it.</summary>
    /// <param name="node">The agent's.</param>
    /// <param name="service">That it is bound to; null for the node.</param>
    /// <param name="status">Its last one.</param>
    /// <param name="output">Of its last look.</param>
    public HealthCheck HealthWith(string node, NodeService? service, string status, string output) => new()
    {
        Node = node,
        CheckId = CheckId,
        Name = Name,
        Status = status,
        Notes = Notes,
        Output = output,
        ServiceId = ServiceId,
        ServiceName = service?.Name ?? string.Empty,
        ServiceTags = service?.Tags ?? [],
        Type = Type,
        Interval = Interval,
        Timeout = Timeout,
    };

    /// <inheritdoc cref="StoredShapes.Completed(HealthCheck)"/>
    public RegisteredCheck Completed() => this with
    {
        Name = Name ?? string.Empty,
        Notes = Notes ?? string.Empty,
        ServiceId = ServiceId ?? string.Empty,
        Type = Type ?? string.Empty,
        Status = Status ?? string.Empty,
        Interval = Interval ?? string.Empty,
        Timeout = Timeout ?? string.Empty,
        Definition = Definition.Completed(),
    };

    // Records print their members.
    public override string ToString() => $"check {CheckId}";
}

/// <summary>A check with its last result. Immutable.</summary>
/// <param name="Registered">How it was registered.</param>
/// <param name="Health">What readers and the catalog see; name and tags of its service are filled in.</param>
internal sealed record LocalCheck(RegisteredCheck Registered, HealthCheck Health)
{
    public string Id => Registered.CheckId;
}

/// <summary>The last result of a TTL check, kept so that a restart of the agent does not turn it critical.</summary>
/// <param name="CheckId">Whose.</param>
/// <param name="Status">One of <see cref="CheckStatus"/>.</param>
/// <param name="Output">May be empty.</param>
/// <param name="At">When it came.</param>
internal sealed record KeptResult(string CheckId, string Status, string Output, DateTimeOffset At);
