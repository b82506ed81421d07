using System.Text;
using ConnectAgent.Protocol.Hashing;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>A token (acl ACL-TOK-1). Immutable; its secret is printed nowhere.</summary>
internal sealed record AclToken(string AccessorId, string SecretId)
{
    public string Description { get; init; } = string.Empty;

    /// <summary>IDs in the order given, without repetitions (ACL-TOK-3).</summary>
    public IReadOnlyList<string> Policies { get; init; } = [];

    /// <inheritdoc cref="Policies"/>
    public IReadOnlyList<string> Roles { get; init; } = [];

    public IReadOnlyList<ServiceIdentity> ServiceIdentities { get; init; } = [];

    public IReadOnlyList<NodeIdentity> NodeIdentities { get; init; } = [];

    public bool Local { get; init; }

    /// <summary>Of the login that made it; empty for others.</summary>
    public string AuthMethod { get; init; } = string.Empty;

    /// <summary>Refused from then on (ACL-TOK-33).</summary>
    public DateTimeOffset? ExpirationTime { get; init; }

    public DateTimeOffset CreateTime { get; init; }

    /// <summary>Whether it is the bootstrap or the initial management token; only its hash knows (ACL-TOK-4).</summary>
    public bool IsManagement { get; init; }

    public string Hash { get; init; } = string.Empty;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    public bool IsExpired(DateTimeOffset now) => ExpirationTime <= now;

    /// <summary>The hash of what the token says (ACL-TOK-4).</summary>
    public string HashNow() => AclHash.Of(
    [
        Description, IsManagement ? "management" : string.Empty, Local ? "local" : "global", .. Policies, .. Roles,
        .. AclHash.Parts(ServiceIdentities), .. AclHash.Parts(NodeIdentities)
    ]);

    // Records print their members; a secret must not reach a log that way.
    public override string ToString() => $"token {AccessorId}";
}

/// <summary>A policy (acl ACL-POL-1).</summary>
internal sealed record AclPolicy(string Id, string Name) : IAclNamed
{
    public string Description { get; init; } = string.Empty;

    public string Rules { get; init; } = string.Empty;

    /// <summary>Where it counts; empty: everywhere.</summary>
    public IReadOnlyList<string> Datacenters { get; init; } = [];

    public string Hash { get; init; } = string.Empty;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>BLAKE2b-256 over name, description, rules and each datacenter (acl ACL-POL-2).</summary>
    public string HashNow() => AclHash.Of([Name, Description, Rules, .. Datacenters]);
}

/// <summary>A role (acl ACL-ROLE-1).</summary>
internal sealed record AclRole(string Id, string Name) : IAclNamed
{
    public string Description { get; init; } = string.Empty;

    public IReadOnlyList<string> Policies { get; init; } = [];

    public IReadOnlyList<ServiceIdentity> ServiceIdentities { get; init; } = [];

    public IReadOnlyList<NodeIdentity> NodeIdentities { get; init; } = [];

    public string Hash { get; init; } = string.Empty;

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    public string HashNow() => AclHash.Of([
        Name, Description, .. Policies, .. AclHash.Parts(ServiceIdentities), .. AclHash.Parts(NodeIdentities)]);
}

/// <summary>That the ACLs were bootstrapped (acl ACL-BOOT-2).</summary>
/// <param name="ResetIndex">The index of that write.</param>
internal sealed record AclBootstrap(ulong ResetIndex);

/// <summary>BLAKE2b-256 over the parts, one behind the other (acl ACL-TOK-4).</summary>
internal static class AclHash
{
    private const int Length = 32;

    public static string Of(IEnumerable<string> parts) =>
        Convert.ToBase64String(Blake2b.Hash(Encoding.UTF8.GetBytes(string.Concat(parts)), Length));

    public static IEnumerable<string> Parts(IEnumerable<ServiceIdentity> identities) =>
        identities.SelectMany(identity => (identity.Datacenters ?? []).Prepend(identity.ServiceName));

    public static IEnumerable<string> Parts(IEnumerable<NodeIdentity> identities) =>
        identities.SelectMany(identity => new[] { identity.NodeName, identity.Datacenter });
}
