using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using ConnectAgent.State;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>How many ACL objects there may be, and how long their texts and lists: all of them are held in memory, and shown as a whole.</summary>
internal static class AclBounds
{
    /// <summary>Those of logins included; what the agent needs itself is made even so.</summary>
    [Limit("acl.tokens", "tokens", "refused: 400", Refuses = true)]
    public static readonly CountBound Tokens = new("acl.tokens", 100_000);

    [Limit("acl.policies", "policies", "refused: 400", Refuses = true)]
    public static readonly CountBound Policies = new("acl.policies", 20_000);

    [Limit("acl.roles", "roles", "refused: 400", Refuses = true)]
    public static readonly CountBound Roles = new("acl.roles", 20_000);

    // A login's description holds its meta.
    [Limit(DescriptionLimit, "bytes", "refused: 400", Refuses = true)]
    private const int LongestDescription = 32 * 1024;
    private const string DescriptionLimit = "acl.description";

    [Limit(RulesLimit, "bytes of a policy", "refused: 400", Refuses = true)]
    private const int LongestRules = 512 * 1024;
    private const string RulesLimit = "acl.rules";

    [Limit(LinksLimit, "entries of each list of a token, role or policy", "refused: 400", Refuses = true)]
    private const int MostLinks = 1024;
    private const string LinksLimit = "acl.links";

    [Limit(NameLimit, "bytes of a link's, identity's or datacenter's name", "refused: 400", Refuses = true)]
    private const int LongestName = 256;
    private const string NameLimit = "acl.name";

    /// <summary>Checks what a caller says of a token.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>.</exception>
    public static void Check(AclTokenDraft draft)
    {
        Description(draft.Description);
        Links("Policies", draft.Policies);
        Links("Roles", draft.Roles);
        Identities(draft.ServiceIdentities, draft.NodeIdentities);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(AclRoleDraft draft)
    {
        Description(draft.Description);
        Links("Policies", draft.Policies);
        Identities(draft.ServiceIdentities, draft.NodeIdentities);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(AclPolicy policy)
    {
        Description(policy.Description);
        Text("Rules", policy.Rules, LongestRules, RulesLimit);
        Names("Datacenters", policy.Datacenters);
    }

    /// <summary>Refuses a row more than there may be.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>.</exception>
    internal static void RequireRoom<T>(StateWriter writer, StateTable<T> table, CountBound bound)
        where T : class => bound.Require(writer.State.Rows(table).Count + 1, $"the table of {bound.Name}");

    internal static void Description(string text) => Text("Description", text, LongestDescription, DescriptionLimit);

    internal static void Name(string field, string text) => Text(field, text, LongestName, NameLimit);

    private static void Identities(IReadOnlyList<ServiceIdentity> services, IReadOnlyList<NodeIdentity> nodes)
    {
        Count("ServiceIdentities", services.Count);
        Count("NodeIdentities", nodes.Count);
        foreach (var service in services)
        {
            Name("ServiceName", service.ServiceName);
            Names("Datacenters", service.Datacenters ?? []);
        }

        foreach (var node in nodes)
        {
            Name("NodeName", node.NodeName);
            Name("Datacenter", node.Datacenter);
        }
    }

    private static void Links(string field, IReadOnlyList<AclLink> links)
    {
        Count(field, links.Count);
        foreach (var link in links)
        {
            Name(field + ".ID", link.Id);
            Name(field + ".Name", link.Name);
        }
    }

    private static void Names(string field, IReadOnlyList<string> names)
    {
        Count(field, names.Count);
        foreach (var name in names)
        {
            Name(field, name);
        }
    }

    private static void Count(string field, int count)
    {
        if (count > MostLinks)
        {
            throw Refused($"{field} has {count} entries, and {MostLinks} are the most", LinksLimit);
        }
    }

    internal static void Text(string field, string text, int longest, string limit)
    {
        if (TextLength.Exceeds(text, longest))
        {
            throw Refused($"{field} is longer than {longest} bytes", limit);
        }
    }

    private static ServerException Refused(string text, string limit) => new(FailureKind.Invalid, "Bad request: " + text) { Limit = limit };
}
