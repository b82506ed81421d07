namespace ConnectAgent.ControlPlane.Acl.Rules;

/// <summary>How far a rule goes, by strength in a merge: deny beats write beats list beats read beats none (acl ACL-MERGE-2).</summary>
internal enum AclLevel
{
    /// <summary>No rule.</summary>
    None,
    Read,
    List,
    Write,
    Deny,
}

internal static class AclLevels
{
    /// <summary>The word of a level, in any case (acl ACL-RULE-4); normalized here, so that nothing later compares words (ACL-DEF-2).</summary>
    /// <returns><see cref="AclLevel.None"/> for any other word.</returns>
    public static AclLevel Parse(string word) => word.ToUpperInvariant() switch
    {
        "READ" => AclLevel.Read,
        "LIST" => AclLevel.List,
        "WRITE" => AclLevel.Write,
        "DENY" => AclLevel.Deny,
        _ => AclLevel.None,
    };

    /// <summary>Acl ACL-RULE-23.</summary>
    public static bool Grants(this AclLevel level, AclLevel asked) => level != AclLevel.Deny && level >= asked;

    public static AclLevel Stronger(AclLevel a, AclLevel b) => a > b ? a : b;
}
