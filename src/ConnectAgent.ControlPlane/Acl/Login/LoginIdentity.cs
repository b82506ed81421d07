using ConnectAgent.Protocol.Filtering;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>What a verified bearer token says, under the names that its method maps claims to. A claim that it lacks is empty, never absent.</summary>
internal sealed record LoginIdentity(
    IReadOnlyDictionary<string, string> Values, IReadOnlyDictionary<string, IReadOnlyList<string>> Lists)
{
    private const string ValuePrefix = "value.";

    private static readonly FilterSchema<LoginIdentity> Schema = new FilterSchema<LoginIdentity>()
        .TextMap("value", identity => identity.Values)
        .TextListMap("list", identity => identity.Lists);

    /// <summary>One that has the same text for each value.</summary>
    public static LoginIdentity Blank(JwtSettings settings, string value) => new(
        settings.ClaimMappings.Values.Distinct(StringComparer.Ordinal).ToDictionary(name => name, _ => value, StringComparer.Ordinal),
        settings.ListClaimMappings.Values.Distinct(StringComparer.Ordinal)
            .ToDictionary(name => name, IReadOnlyList<string> (_) => [], StringComparer.Ordinal));

    /// <summary>Compiles a selector (acl ACL-BR-2).</summary>
    /// <returns>Null for an empty one: it matches all.</returns>
    /// <exception cref="FilterException">It is none.</exception>
    public static FilterExpression<LoginIdentity>? Filter(string selector) =>
        selector.Length == 0 ? null : FilterExpression<LoginIdentity>.Parse(selector, Schema);

    /// <summary>What a bind name can put in; null for an unknown name. Lists cannot be put in.</summary>
    public string? Variable(string name) =>
        name.StartsWith(ValuePrefix, StringComparison.Ordinal) ? Values.GetValueOrDefault(name[ValuePrefix.Length..]) : null;
}
