using System.Text.RegularExpressions;
using ConnectAgent.Protocol.Filtering;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>
/// The regular expressions of permissions: RE2 syntax, in linear time, matched against the whole text (intentions L7-4, L7-7).
/// </summary>
internal static class PermissionPattern
{
    /// <summary>In characters.</summary>
    [Limit("permission.pattern", "characters", "the permission fails closed: allows nothing, denies everything")]
    public const int LongestPattern = 1024;

    /// <summary>
    /// What one expression may unfold to, in characters to match. Measured at it: at worst 1.4 s and 24 MB for the first path of 8192
    /// characters, then 84 ms.
    /// </summary>
    [Limit("permission.pattern_unfolded", "characters", "the permission fails closed: allows nothing, denies everything")]
    public const int LargestUnfolded = 1024;

    /// <summary>Builds the expression.</summary>
    /// <param name="pattern">As stored; nobody has checked it (CE-11).</param>
    /// <param name="budget">What the expressions of the intention may still unfold to; the cost is taken off.</param>
    /// <returns>Null when it does not compile or is too large: the permission then fails closed (L7-7).</returns>
    public static Regex? Compile(string pattern, ref PermissionBudget budget)
    {
        if (pattern.Length > LongestPattern)
        {
            return null;
        }

        try
        {
            var reader = new FilterPatternReader(pattern, LargestUnfolded);
            var translated = reader.Read();
            return budget.Spend(reader.Size)
                ? new Regex($"\\A(?:{translated})\\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)
                : null;
        }
        catch (Exception error) when (error is FormatException or ArgumentException or NotSupportedException)
        {
            return null;
        }
    }
}

/// <summary>Bounds what the expressions of one intention unfold to together.</summary>
internal struct PermissionBudget()
{
    private const int EachPattern = 5; // even the smallest takes time to build
    [Limit("permission.patterns_unfolded", "characters of one intention", "the permission fails closed: allows nothing, denies everything")]
    private const int MostUnfolded = 10_000;
    private int _left = MostUnfolded;

    /// <summary>Takes an expression of this size from what is left; false if that is not enough.</summary>
    public bool Spend(int size)
    {
        if (size + EachPattern > _left)
        {
            return false;
        }

        _left -= size + EachPattern;
        return true;
    }
}
