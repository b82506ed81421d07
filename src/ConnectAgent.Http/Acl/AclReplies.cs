using System.Text.Json.Serialization;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.State;

namespace ConnectAgent.Http.Acl;

/// <summary>A link with the name that it has now (acl ACL-TOK-3).</summary>
internal sealed record AclLinkReply([property: JsonPropertyName("ID")] string Id, string Name)
{
    /// <summary>Links to what exists; null when there are none, so that the field is left out.</summary>
    public static IReadOnlyList<AclLinkReply>? Policies(StateSnapshot state, IReadOnlyList<string> ids) => NotEmpty(
        ids.Select(id => state.Find(AclTables.Policies, id)).OfType<AclPolicy>().Select(policy => new AclLinkReply(policy.Id, policy.Name)));

    /// <inheritdoc cref="Policies"/>
    public static IReadOnlyList<AclLinkReply>? Roles(StateSnapshot state, IReadOnlyList<string> ids) => NotEmpty(
        ids.Select(id => state.Find(AclTables.Roles, id)).OfType<AclRole>().Select(role => new AclLinkReply(role.Id, role.Name)));

    public static IReadOnlyList<T>? NotEmpty<T>(IEnumerable<T> items) => items.ToList() is { Count: > 0 } list ? list : null;
}

/// <summary>A token as the wire shows it (acl ACL-TOK-1; fields in output order).</summary>
internal sealed record AclTokenReply
{
    private const string Hidden = "<hidden>";

    [JsonPropertyName("ID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonPropertyName("AccessorID")]
    public required string AccessorId { get; init; }

    [JsonPropertyName("SecretID")]
    public required string SecretId { get; init; }

    public required string Description { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AclLinkReply>? Policies { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<AclLinkReply>? Roles { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ServiceIdentity>? ServiceIdentities { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<NodeIdentity>? NodeIdentities { get; init; }

    public required bool Local { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? AuthMethod { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? ExpirationTime { get; init; }

    public required DateTimeOffset CreateTime { get; init; }

    public required string Hash { get; init; }

    public required ulong CreateIndex { get; init; }

    public required ulong ModifyIndex { get; init; }

    /// <summary>Shows a token.</summary>
    /// <param name="state">Gives the names of what it links to.</param>
    /// <param name="token">The token.</param>
    /// <param name="withSecret">Whether the reader may see the secret.</param>
    public static AclTokenReply Of(StateSnapshot state, AclToken token, bool withSecret = true) => new()
    {
        AccessorId = token.AccessorId,
        SecretId = withSecret ? token.SecretId : Hidden,
        Description = token.Description,
        Policies = AclLinkReply.Policies(state, token.Policies),
        Roles = AclLinkReply.Roles(state, token.Roles),
        ServiceIdentities = AclLinkReply.NotEmpty(token.ServiceIdentities),
        NodeIdentities = AclLinkReply.NotEmpty(token.NodeIdentities),
        Local = token.Local,
        AuthMethod = token.AuthMethod.Length > 0 ? token.AuthMethod : null,
        ExpirationTime = token.ExpirationTime,
        CreateTime = token.CreateTime,
        Hash = token.Hash,
        CreateIndex = token.CreateIndex,
        ModifyIndex = token.ModifyIndex,
    };

    // Records print their members; a secret must not reach a log that way.
    public override string ToString() => $"token {AccessorId}";
}

/// <summary>A policy as the wire shows it (acl ACL-POL-1).</summary>
internal sealed record AclPolicyReply(
    [property: JsonPropertyName("ID")] string Id,
    string Name,
    string Description,
    string Rules,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Datacenters,
    string Hash,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public static AclPolicyReply Of(AclPolicy policy) => new(
        policy.Id, policy.Name, policy.Description, policy.Rules, AclLinkReply.NotEmpty(policy.Datacenters), policy.Hash, policy.CreateIndex,
        policy.ModifyIndex);
}

/// <summary>A policy in a list: without its rules (acl ACL-POL-1).</summary>
internal sealed record AclPolicyListReply(
    [property: JsonPropertyName("ID")] string Id,
    string Name,
    string Description,
    IReadOnlyList<string>? Datacenters,
    string Hash,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public static AclPolicyListReply Of(AclPolicy policy) => new(
        policy.Id, policy.Name, policy.Description, AclLinkReply.NotEmpty(policy.Datacenters), policy.Hash, policy.CreateIndex, policy.ModifyIndex);
}

/// <summary>A role as the wire shows it (acl ACL-ROLE-1).</summary>
internal sealed record AclRoleReply(
    [property: JsonPropertyName("ID")] string Id,
    string Name,
    string Description,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<AclLinkReply>? Policies,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<ServiceIdentity>? ServiceIdentities,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<NodeIdentity>? NodeIdentities,
    string Hash,
    ulong CreateIndex,
    ulong ModifyIndex)
{
    public static AclRoleReply Of(StateSnapshot state, AclRole role) => new(
        role.Id, role.Name, role.Description, AclLinkReply.Policies(state, role.Policies), AclLinkReply.NotEmpty(role.ServiceIdentities),
        AclLinkReply.NotEmpty(role.NodeIdentities), role.Hash, role.CreateIndex, role.ModifyIndex);
}

/// <summary>An answered request (acl ACL-AUZ-1).</summary>
internal sealed record AclAnswer(
    string Resource,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Segment,
    string Access,
    bool Allow);

/// <summary>The state of replication: a lone primary has none (acl ACL-MISC-1).</summary>
internal sealed record AclReplicationReply(
    bool Enabled,
    bool Running,
    string SourceDatacenter,
    string ReplicationType,
    ulong ReplicatedIndex,
    ulong ReplicatedRoleIndex,
    ulong ReplicatedTokenIndex,
    DateTimeOffset LastSuccess,
    DateTimeOffset LastError)
{
    public static AclReplicationReply None { get; } = new(false, false, string.Empty, string.Empty, 0, 0, 0, default, default);
}
