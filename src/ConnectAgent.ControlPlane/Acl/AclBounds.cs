using System.Text;
using ConnectAgent.Protocol.Errors;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.ControlPlane.Acl;

/// <summary>How long the texts and lists of ACL objects may be: all of them are held in memory, and shown as a whole.</summary>
internal static class AclBounds
{
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

    [Limit(MethodLimit, "bytes of an auth method's configuration", "refused: 400", Refuses = true)]
    private const int LongestConfiguration = 256 * 1024;
    private const string MethodLimit = "acl.method";

    [Limit(RuleLimit, "bytes of a binding rule's selector or bind name", "refused: 400", Refuses = true)]
    private const int LongestBinding = 4096;
    private const string RuleLimit = "acl.binding";

    /// <summary>Checks what a caller says of a token.</summary>
    /// <exception cref="ServerException"><see cref="FailureKind.Invalid"/>.</exception>
    public static void Check(AclTokenDraft draft)
    {
        Text("Description", draft.Description, LongestDescription, DescriptionLimit);
        Links("Policies", draft.Policies);
        Links("Roles", draft.Roles);
        Identities(draft.ServiceIdentities, draft.NodeIdentities);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(AclRoleDraft draft)
    {
        Text("Description", draft.Description, LongestDescription, DescriptionLimit);
        Links("Policies", draft.Policies);
        Identities(draft.ServiceIdentities, draft.NodeIdentities);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(AclPolicy policy)
    {
        Text("Description", policy.Description, LongestDescription, DescriptionLimit);
        Text("Rules", policy.Rules, LongestRules, RulesLimit);
        Names("Datacenters", policy.Datacenters);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(Login.AuthMethod method)
    {
        Text("DisplayName", method.DisplayName, LongestName, NameLimit);
        Text("Description", method.Description, LongestDescription, DescriptionLimit);
        Text("Config", method.Config, LongestConfiguration, MethodLimit);
    }

    /// <inheritdoc cref="Check(AclTokenDraft)"/>
    public static void Check(Login.BindingRule rule)
    {
        Text("AuthMethod", rule.AuthMethod, LongestName, NameLimit);
        Text("Description", rule.Description, LongestDescription, DescriptionLimit);
        Text("Selector", rule.Selector, LongestBinding, RuleLimit);
        Text("BindName", rule.BindName, LongestBinding, RuleLimit);
    }

    private static void Identities(IReadOnlyList<ServiceIdentity> services, IReadOnlyList<NodeIdentity> nodes)
    {
        Count("ServiceIdentities", services.Count);
        Count("NodeIdentities", nodes.Count);
        foreach (var service in services)
        {
            Text("ServiceName", service.ServiceName, LongestName, NameLimit);
            Names("Datacenters", service.Datacenters ?? []);
        }

        foreach (var node in nodes)
        {
            Text("NodeName", node.NodeName, LongestName, NameLimit);
            Text("Datacenter", node.Datacenter, LongestName, NameLimit);
        }
    }

    private static void Links(string field, IReadOnlyList<AclLink> links)
    {
        Count(field, links.Count);
        foreach (var link in links)
        {
            Text(field + ".ID", link.Id, LongestName, NameLimit);
            Text(field + ".Name", link.Name, LongestName, NameLimit);
        }
    }

    private static void Names(string field, IReadOnlyList<string> names)
    {
        Count(field, names.Count);
        foreach (var name in names)
        {
            Text(field, name, LongestName, NameLimit);
        }
    }

    private static void Count(string field, int count)
    {
        if (count > MostLinks)
        {
            throw Refused($"{field} has {count} entries, and {MostLinks} are the most", LinksLimit);
        }
    }

    private static void Text(string field, string text, int longest, string limit)
    {
        if (text.Length > longest || Encoding.UTF8.GetByteCount(text) > longest)
        {
            throw Refused($"{field} is longer than {longest} bytes", limit);
        }
    }

    private static ServerException Refused(string text, string limit) => new(FailureKind.Invalid, "Bad request: " + text) { Limit = limit };
}
