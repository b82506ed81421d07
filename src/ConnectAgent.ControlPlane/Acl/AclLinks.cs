using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;
using static ConnectAgent.ControlPlane.Acl.Rules.AclRefusal;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>A link to a policy or role as a caller gives it: by ID, or by name.</summary>
internal readonly record struct AclLink(string Id, string Name);

/// <summary>Checks and normalizes what tokens and roles link to (acl ACL-TOK-3, ACL-TOK-5, ACL-TOK-18 to ACL-TOK-20).</summary>
internal static partial class AclLinks
{
    private const string InvalidName = "has an invalid name. Only alphanumeric characters, '-' and '_' are allowed";

    /// <summary>Policy links as IDs.</summary>
    /// <param name="state">Where they must exist.</param>
    /// <param name="links">As given.</param>
    /// <param name="unknownId">Makes the error text for an ID that nothing has.</param>
    public static IReadOnlyList<string> Policies(StateSnapshot state, IReadOnlyList<AclLink> links, Func<string, string> unknownId) => Resolve(
        links,
        "policy",
        name => AclPolicyStore.FindByName(state, name)?.Id,
        id => state.Find(AclTables.Policies, id)?.Id,
        unknownId);

    /// <summary>Role links as IDs.</summary>
    public static IReadOnlyList<string> Roles(StateSnapshot state, IReadOnlyList<AclLink> links) => Resolve(
        links,
        "role",
        name => AclRoleStore.FindByName(state, name)?.Id,
        id => state.Find(AclTables.Roles, id)?.Id,
        id => $"No such ACL role with ID {GoQuote.Of(id)}");

    /// <summary>Merged for each name: one without datacenters absorbs the others, else their lists unite; sorted by name.</summary>
    /// <param name="identities">As given.</param>
    /// <param name="owner"><c>token</c> or <c>role</c>, for the texts.</param>
    /// <param name="local">Whether the owner is a local token, which may name no datacenters.</param>
    public static IReadOnlyList<ServiceIdentity> Services(IReadOnlyList<ServiceIdentity> identities, string owner, bool local)
    {
        foreach (var identity in identities)
        {
            Require(identity.ServiceName.Length > 0, $"Service identity is missing the service name field on this {owner}");
            Require(
                !local || identity.Datacenters is not { Count: > 0 },
                $"Service identity {GoQuote.Of(identity.ServiceName)} cannot specify a list of datacenters on a local token");
            Require(Name().IsMatch(identity.ServiceName), $"Service identity {GoQuote.Of(identity.ServiceName)} {InvalidName}");
        }

        return [.. identities.GroupBy(identity => identity.ServiceName, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new ServiceIdentity(
                group.Key,
                group.Any(identity => identity.Datacenters is not { Count: > 0 })
                    ? null
                    : [.. group.SelectMany(identity => identity.Datacenters!).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)]))];
    }

    public static IReadOnlyList<NodeIdentity> Nodes(IReadOnlyList<NodeIdentity> identities, string owner)
    {
        foreach (var identity in identities)
        {
            Require(identity.NodeName.Length > 0, $"Node identity is missing the node name field on this {owner}");
            Require(identity.Datacenter.Length > 0, $"Node identity is missing the datacenter field on this {owner}");
            Require(Name().IsMatch(identity.NodeName), $"Node identity {InvalidName}");
        }

        return [.. identities.Distinct().OrderBy(identity => identity.NodeName, StringComparer.Ordinal)];
    }

    /// <summary>Whether a service or node identity can have this name (ACL-TOK-31).</summary>
    public static bool IsIdentityName(string name) => Name().IsMatch(name);

    private static List<string> Resolve(
        IReadOnlyList<AclLink> links, string kind, Func<string, string?> byName, Func<string, string?> byId, Func<string, string> unknownId)
    {
        List<string> ids = [];
        foreach (var link in links)
        {
            string id;
            if (link.Id.Length == 0)
            {
                id = byName(link.Name) ?? throw Failed($"No such ACL {kind} with name {GoQuote.Of(link.Name)}");
            }
            else
            {
                if (AclIds.WhyMalformed(link.Id) is { } reason)
                {
                    throw Failed($"Error looking up {kind} for id {GoQuote.Of(link.Id)}: failed acl {kind} lookup: {reason}");
                }

                id = byId(link.Id) ?? throw Failed(unknownId(link.Id));
            }

            if (!ids.Contains(id, StringComparer.Ordinal))
            {
                ids.Add(id);
            }
        }

        return ids;
    }

    // ACL-TOK-31.
    [GeneratedRegex("^[a-z0-9]([a-z0-9_-]{0,254}[a-z0-9])?$(?!\n)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
