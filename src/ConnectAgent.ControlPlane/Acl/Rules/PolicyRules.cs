using System.Collections.Frozen;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>The kinds of rules that have names (acl ACL-RULE-1).</summary>
internal enum NamedKind
{
    Agent,
    Key,
    Node,
    Service,
    Session,
    Event,
    Query,
}

/// <summary>The kinds without names.</summary>
internal enum PlainKind
{
    Acl,
    Keyring,
    Operator,
    Mesh,
    Peering,
}

/// <summary>Which resources a named rule is about.</summary>
/// <param name="Kind">The kind of resource.</param>
/// <param name="IsPrefix">Whether all names that begin so, or exactly this name.</param>
/// <param name="Name">With case (acl ACL-RULE-2).</param>
internal readonly record struct RuleScope(NamedKind Kind, bool IsPrefix, string Name);

/// <summary>What a named rule says.</summary>
/// <param name="Policy">Of the resource itself.</param>
/// <param name="Intentions">Of a service's intentions; none when absent, and for other kinds.</param>
internal readonly record struct RuleLevels(AclLevel Policy, AclLevel Intentions = AclLevel.None);

/// <summary>
/// A policy's rules, parsed. Immutable and shared by all tokens that link the policy: a merge makes a new one, always (acl ACL-DEF-1).
/// </summary>
internal sealed class PolicyRules
{
    private PolicyRules(IReadOnlyDictionary<RuleScope, RuleLevels> named, IReadOnlyDictionary<PlainKind, AclLevel> plain) =>
        (Named, Plain) = (named, plain);

    public static PolicyRules Empty { get; } = Of([], []);

    public IReadOnlyDictionary<RuleScope, RuleLevels> Named { get; }

    public IReadOnlyDictionary<PlainKind, AclLevel> Plain { get; }

    public static PolicyRules Of(Dictionary<RuleScope, RuleLevels> named, Dictionary<PlainKind, AclLevel> plain) =>
        new(named.ToFrozenDictionary(), plain.ToFrozenDictionary());

    /// <summary>Acl ACL-MERGE-1 to ACL-MERGE-3: the strongest level of each scope; the order does not matter.</summary>
    public static PolicyRules Merge(IEnumerable<PolicyRules> policies)
    {
        Dictionary<RuleScope, RuleLevels> named = [];
        Dictionary<PlainKind, AclLevel> plain = [];
        foreach (var policy in policies)
        {
            foreach (var (scope, levels) in policy.Named)
            {
                named[scope] = Merge(named.GetValueOrDefault(scope), levels);
            }

            foreach (var (kind, level) in policy.Plain)
            {
                plain[kind] = AclLevels.Stronger(plain.GetValueOrDefault(kind), level);
            }
        }

        return Of(named, plain);
    }

    public static RuleLevels Merge(RuleLevels a, RuleLevels b) =>
        new(AclLevels.Stronger(a.Policy, b.Policy), AclLevels.Stronger(a.Intentions, b.Intentions));
}
