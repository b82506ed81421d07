using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>What a caller says of a role.</summary>
internal sealed record AclRoleDraft(
    string Id,
    string Name,
    string Description,
    IReadOnlyList<AclLink> Policies,
    IReadOnlyList<ServiceIdentity> ServiceIdentities,
    IReadOnlyList<NodeIdentity> NodeIdentities);

/// <summary>Roles (acl section 5.4).</summary>
internal sealed partial class AclRoleStore(StateStore store)
{
    /// <summary>Finds a role by its ID.</summary>
    /// <exception cref="ServerException">A malformed ID (ACL-ROLE-3).</exception>
    public static AclRole? Find(StateSnapshot state, string id) => AclIds.WhyMalformed(id) is { } reason
        ? throw Failed("failed acl role lookup: " + reason)
        : state.Find(AclTables.Roles, id);

    /// <summary>Finds a role by its name, in whatever case.</summary>
    public static AclRole? FindByName(StateSnapshot state, string name) => AclNames.Find(state, AclTables.RolesByName, name);

    public static bool IsName(string name) => Name().IsMatch(name);

    /// <summary>Makes a role.</summary>
    /// <exception cref="ServerException">ACL-ROLE-3.</exception>
    public Task<AclRole> CreateAsync(AclRoleDraft draft) => store.WriteAsync(writer =>
    {
        CheckName(draft);
        Require(FindByName(writer.State, draft.Name) is null, $"Invalid Role: A Role with Name {GoQuote.Of(draft.Name)} already exists");
        AclBounds.RequireRoom(writer, AclTables.Roles, AclBounds.Roles);
        return Put(writer, draft, AclIds.Make(), writer.Index);
    });

    /// <summary>Replaces a role as a whole.</summary>
    /// <inheritdoc cref="CreateAsync"/>
    public Task<AclRole> UpdateAsync(AclRoleDraft draft) => store.WriteAsync(writer =>
    {
        CheckName(draft);
        Require(AclIds.IsUuid(draft.Id), "Role ID invalid UUID");
        var before = writer.State.Find(AclTables.Roles, draft.Id) ?? throw Failed($"cannot find role {draft.Id}");
        draft = AclNames.AreSame(draft.Name, before.Name) ? draft with { Name = before.Name } : draft;
        Require(
            draft.Name == before.Name || FindByName(writer.State, draft.Name) is null,
            $"Invalid Role: A role with name {GoQuote.Of(draft.Name)} already exists");
        return Put(writer, draft, before.Id, before.CreateIndex);
    });

    /// <summary>Removes a role; removing nothing is no error (ACL-ROLE-4).</summary>
    public Task DeleteAsync(string id) => store.WriteAsync(writer =>
        Find(writer.State, id) is not null && writer.Remove(AclTables.Roles, id));

    private static AclRole Put(StateWriter writer, AclRoleDraft draft, string id, ulong createIndex)
    {
        var role = new AclRole(id, draft.Name)
        {
            Description = draft.Description,
            Policies = AclLinks.Policies(
                writer.State, draft.Policies, unknown => "Failed to apply role upsert request: No such policy with ID: " + unknown),
            ServiceIdentities = AclLinks.Services(draft.ServiceIdentities, "role", local: false),
            NodeIdentities = AclLinks.Nodes(draft.NodeIdentities, "role"),
            CreateIndex = createIndex,
            ModifyIndex = writer.Index,
        };
        role = role with { Hash = role.HashNow() };
        writer.Put(AclTables.Roles, role);
        return role;
    }

    private static void CheckName(AclRoleDraft draft)
    {
        AclBounds.Check(draft);
        Require(draft.Name.Length > 0, "Invalid Role: no Name is set");
        Require(Name().IsMatch(draft.Name), "Invalid Role: invalid Name. Only alphanumeric characters, '-' and '_' are allowed");
    }

    [GeneratedRegex("^[A-Za-z0-9_-]{1,256}$(?!\n)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
