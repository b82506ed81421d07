using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Tokens;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>Answers from merged rules (acl sections 6.3 to 6.5). Immutable.</summary>
internal sealed class RuleAuthorizer : TokenRights
{
    private readonly PolicyRules _rules;
    private readonly bool _defaultAllow;
    private readonly RuleTree[] _trees;
    private readonly RuleTree _intentions;

    /// <summary>Builds the lookup tables.</summary>
    /// <param name="rules">All of a token's policies, merged.</param>
    /// <param name="defaultAllow">Whether what no rule decides is allowed (acl ACL-DFLT-1).</param>
    public RuleAuthorizer(PolicyRules rules, bool defaultAllow)
    {
        (_rules, _defaultAllow) = (rules, defaultAllow);
        _trees = [.. Enum.GetValues<NamedKind>().Select(kind => TreeOf(kind, static levels => levels.Policy))];
        _intentions = TreeOf(NamedKind.Service, IntentionsOf);
    }

    public override bool Allows(AclResource resource, string segment, AclAccess access) => resource switch
    {
        AclResource.Acl => Plain(PlainKind.Acl, access) ?? false,
        AclResource.Keyring => Plain(PlainKind.Keyring, access) ?? _defaultAllow,
        AclResource.Operator => Plain(PlainKind.Operator, access) ?? _defaultAllow,

        // ACL-RULE-3: without a rule of their own the operator's decides.
        AclResource.Mesh => Plain(PlainKind.Mesh, access) ?? Plain(PlainKind.Operator, access) ?? _defaultAllow,
        AclResource.Peering => Plain(PlainKind.Peering, access) ?? Plain(PlainKind.Operator, access) ?? _defaultAllow,
        AclResource.Intention when segment == "*" => AnyIntention(access) ?? _defaultAllow,
        AclResource.Intention => Decide(_intentions.Find(segment), access) ?? _defaultAllow,
        AclResource.Key when access == AclAccess.WritePrefix => WritePrefix(segment) ?? _defaultAllow,
        _ => Decide(_trees[(int)KindOf(resource)].Find(segment), access) ?? _defaultAllow,
    };

    /// <summary>ACL-DFLT-1: what the ACLs themselves may be changed with is enough; a default of allow is not.</summary>
    public override bool Snapshot() => Plain(PlainKind.Acl, AclAccess.Write) ?? false;

    private static NamedKind KindOf(AclResource resource) => resource switch
    {
        AclResource.Agent => NamedKind.Agent,
        AclResource.Event => NamedKind.Event,
        AclResource.Key => NamedKind.Key,
        AclResource.Node => NamedKind.Node,
        AclResource.Query => NamedKind.Query,
        AclResource.Service => NamedKind.Service,
        AclResource.Session => NamedKind.Session,
        _ => throw new ArgumentOutOfRangeException(nameof(resource), resource, "is no kind with names"),
    };

    // ACL-MERGE-4: implied only after the merge.
    private static AclLevel IntentionsOf(RuleLevels levels) => (levels.Intentions, levels.Policy) switch
    {
        (not AclLevel.None and var own, _) => own,
        (_, AclLevel.Read or AclLevel.Write or AclLevel.List) => AclLevel.Read,
        (_, AclLevel.Deny) => AclLevel.Deny,
        _ => AclLevel.None,
    };

    private static AclLevel Asked(AclAccess access) => access switch
    {
        AclAccess.Read => AclLevel.Read,
        AclAccess.List => AclLevel.List,
        _ => AclLevel.Write,
    };

    private static bool? Decide(AclLevel level, AclAccess access) => level == AclLevel.None ? null : level.Grants(Asked(access));

    private RuleTree TreeOf(NamedKind kind, Func<RuleLevels, AclLevel> level)
    {
        var rules = _rules.Named.Where(rule => rule.Key.Kind == kind).ToList();
        return new RuleTree(Of(isPrefix: false), Of(isPrefix: true));

        IEnumerable<KeyValuePair<string, AclLevel>> Of(bool isPrefix) => rules.Where(rule => rule.Key.IsPrefix == isPrefix)
            .Select(rule => KeyValuePair.Create(rule.Key.Name, level(rule.Value)));
    }

    private bool? Plain(PlainKind kind, AclAccess access) => Decide(_rules.Plain.GetValueOrDefault(kind), access);

    // ACL-MERGE-6.
    private bool? AnyIntention(AclAccess access)
    {
        if (access == AclAccess.Read)
        {
            return _intentions.Levels.Any(level => level.Grants(AclLevel.Read)) ? true
                : _intentions.CatchAll == AclLevel.Deny ? false : null;
        }

        return _intentions.Levels.Any(level => !level.Grants(AclLevel.Write)) ? false
            : _intentions.CatchAll == AclLevel.None ? null : true;
    }

    // ACL-MERGE-8.
    private bool? WritePrefix(string prefix)
    {
        var keys = _trees[(int)NamedKind.Key];
        if (keys.AnyUnderRefuses(prefix, AclLevel.Write))
        {
            return false;
        }

        return Decide(keys.FindPrefix(prefix), AclAccess.Write);
    }
}
