using System.Collections.Frozen;

namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>The rules of one kind of resource: exact names and prefixes (acl section 6.3).</summary>
internal sealed class RuleTree
{
    private readonly FrozenDictionary<string, AclLevel> _exact;
    private readonly FrozenDictionary<string, AclLevel>.AlternateLookup<ReadOnlySpan<char>> _prefixes;
    private readonly FrozenDictionary<string, AclLevel> _allPrefixes;
    private readonly int[] _lengths;

    public RuleTree(IEnumerable<KeyValuePair<string, AclLevel>> exact, IEnumerable<KeyValuePair<string, AclLevel>> prefixes)
    {
        _exact = exact.Where(rule => rule.Value != AclLevel.None).ToFrozenDictionary(StringComparer.Ordinal);
        _allPrefixes = prefixes.Where(rule => rule.Value != AclLevel.None).ToFrozenDictionary(StringComparer.Ordinal);
        _prefixes = _allPrefixes.GetAlternateLookup<ReadOnlySpan<char>>();
        _lengths = [.. _allPrefixes.Keys.Select(prefix => prefix.Length).Distinct().OrderDescending()];
    }

    /// <summary>Every rule's level.</summary>
    public IEnumerable<AclLevel> Levels => _exact.Values.Concat(_allPrefixes.Values);

    /// <summary>The level of the rule for the empty prefix, which matches every name.</summary>
    public AclLevel CatchAll => _allPrefixes.GetValueOrDefault(string.Empty);

    /// <summary>The exact rule's level, else that of the longest matching prefix, else none (acl ACL-RULE-22).</summary>
    public AclLevel Find(string name) => _exact.TryGetValue(name, out var level) ? level : FindPrefix(name);

    /// <summary>The level of the longest matching prefix rule.</summary>
    public AclLevel FindPrefix(string name)
    {
        foreach (var length in _lengths)
        {
            if (length <= name.Length && _prefixes.TryGetValue(name.AsSpan(0, length), out var level))
            {
                return level;
            }
        }

        return AclLevel.None;
    }

    /// <summary>Whether any rule for a name that begins so grants less than asked.</summary>
    public bool AnyUnderRefuses(string prefix, AclLevel asked) => _exact.Concat(_allPrefixes).Any(rule =>
        rule.Key.StartsWith(prefix, StringComparison.Ordinal) && !rule.Value.Grants(asked));
}
