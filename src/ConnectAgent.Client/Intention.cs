using System.Text.Json;
using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>Whether one service may connect to another.</summary>
public sealed record Intention
{
    /// <summary>Of one that was made by ID; null for the others.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    /// <summary>What it is for; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Who connects; <c>*</c> for all.</summary>
    public string SourceName { get; init; } = string.Empty;

    /// <summary>Who is connected to; <c>*</c> for all.</summary>
    public string DestinationName { get; init; } = string.Empty;

    /// <summary><c>allow</c> or <c>deny</c>; null where permissions decide about each request.</summary>
    public string? Action { get; init; }

    /// <summary>The permissions, as the agent shows them; null for none.</summary>
    public IReadOnlyList<JsonElement>? Permissions { get; init; }

    /// <summary>What was said about it besides; null for nothing.</summary>
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>The greater one decides.</summary>
    public int Precedence { get; init; }

    /// <summary>Of its making.</summary>
    public ulong CreateIndex { get; init; }

    /// <summary>Of its last change.</summary>
    public ulong ModifyIndex { get; init; }
}

internal sealed record IntentionBody
{
    public required string Action { get; init; }
}

internal sealed record IntentionCheck(bool Allowed);
