namespace ConnectAgent.Protocol.Limits;

/// <summary>
/// Marks a bound of the product: a constant, a static field, or an option whose initial value is the default. <c>docs/limits.md</c> has one row
/// for each, and a test holds the two to each other.
/// </summary>
/// <param name="name">Lower case with dots, by area: <c>http.body</c>. The label of <c>connect_agent.limits.refused</c> when it refuses.</param>
/// <param name="unit">What the number counts: <c>bytes</c>, <c>entries</c>, <c>s</c> for a time.</param>
/// <param name="beyond">What happens beyond it, in a few words.</param>
[AttributeUsage(AttributeTargets.Field | AttributeTargets.Property)]
public sealed class LimitAttribute(string name, string unit, string beyond) : Attribute
{
    public string Name { get; } = name;

    public string Unit { get; } = unit;

    public string Beyond { get; } = beyond;

    /// <summary>The configuration key that changes it; null when it is fixed.</summary>
    public string? Key { get; init; }

    /// <summary>Whether going beyond it refuses something, which is then counted under <see cref="Name"/>.</summary>
    public bool Refuses { get; init; }
}
