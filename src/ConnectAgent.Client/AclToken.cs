using System.Text.Json.Serialization;

namespace ConnectAgent.Client;

/// <summary>An ACL token. Never log it: its secret is what callers show.</summary>
public sealed record AclToken
{
    /// <summary>Names it without giving it away; null: made by the agent.</summary>
    [JsonPropertyName("AccessorID")]
    public string? AccessorId { get; init; }

    /// <summary>What callers send; null where it is not shown, or made by the agent.</summary>
    [JsonPropertyName("SecretID")]
    public string? SecretId { get; init; }

    /// <summary>What it is for; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Its policies; null for none.</summary>
    public IReadOnlyList<AclLink>? Policies { get; init; }

    /// <summary>Its roles; null for none.</summary>
    public IReadOnlyList<AclLink>? Roles { get; init; }

    /// <summary>The services that it may be: each gives <c>service:write</c> of that one, and what a service needs to read; null for none.</summary>
    public IReadOnlyList<AclServiceIdentity>? ServiceIdentities { get; init; }

    /// <summary>Whether it counts in one datacenter only.</summary>
    public bool Local { get; init; }

    /// <summary>When it ends; null: never.</summary>
    public DateTimeOffset? ExpirationTime { get; init; }

    /// <summary>Of its making; 0 for one that is new.</summary>
    public ulong CreateIndex { get; init; }

    /// <summary>Of its last change.</summary>
    public ulong ModifyIndex { get; init; }

    /// <summary>Without the secret.</summary>
    public override string ToString() => $"token {AccessorId}";
}

/// <summary>A policy or a role of a token, by ID or by name.</summary>
public sealed record AclLink
{
    /// <summary>Its ID; null: it is named.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    /// <summary>Its name; null: its ID is given.</summary>
    public string? Name { get; init; }
}

/// <summary>A service that a token may be.</summary>
public sealed record AclServiceIdentity
{
    /// <summary>Its name.</summary>
    public required string ServiceName { get; init; }

    /// <summary>Where; null: everywhere.</summary>
    public IReadOnlyList<string>? Datacenters { get; init; }
}

/// <summary>An ACL policy.</summary>
public sealed record AclPolicy
{
    /// <summary>Its ID; null for one that is new.</summary>
    [JsonPropertyName("ID")]
    public string? Id { get; init; }

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>What it is for; null for nothing.</summary>
    public string? Description { get; init; }

    /// <summary>Its rules, in HCL; null where they are not shown.</summary>
    public string? Rules { get; init; }

    /// <summary>Of its last change.</summary>
    public ulong ModifyIndex { get; init; }
}

internal sealed record AclLogin(string AuthMethod, string BearerToken)
{
    public override string ToString() => $"login by {AuthMethod}";
}
