namespace ConnectAgent.Protocol.Intentions;

/// <summary>The outcome of an evaluation.</summary>
/// <param name="Allowed">Whether the connection may be made; layer 7 intentions count as a refusal (AUTHZ-21).</param>
/// <param name="Reason">The exact text of AUTHZ-21 to AUTHZ-23.</param>
/// <param name="Matched">The intention that decided; null when the default did.</param>
public sealed record IntentionDecision(bool Allowed, string Reason, Intention? Matched)
{
    public static IntentionDecision By(Intention intention) => new(
        !intention.IsLayer7 && intention.Action == Intention.Allow,
        (intention.IsLayer7 ? "Matched L7 intention: " : "Matched L4 intention: ") + Describe(intention),
        intention);

    // AUTHZ-22: names as stored.
    private static string Describe(Intention intention)
    {
        var id = intention.Id is null ? string.Empty : $"ID: {intention.Id}, ";
        var detail = intention.IsLayer7
            ? $"Permissions: {intention.Permissions!.Count}"
            : $"Action: {intention.Action?.ToUpperInvariant()}";
        return $"{intention.SourceNamespace}/{intention.SourceName} => {intention.DestinationNamespace}/{intention.DestinationName} "
            + $"({id}Precedence: {intention.Precedence}, {detail})";
    }
}

/// <summary>What holds when no intention matches (AUTHZ-23).</summary>
public sealed record DefaultDecision
{
    private const string ByAcl = "Default behavior configured by ACLs";

    private DefaultDecision(bool allowed, string reason) => Decision = new IntentionDecision(allowed, reason, null);

    public static DefaultDecision AclsDisabled { get; } = new(allowed: true, "ACLs disabled, access is allowed by default");

    public static DefaultDecision Allow { get; } = new(allowed: true, ByAcl);

    public static DefaultDecision Deny { get; } = new(allowed: false, ByAcl);

    public IntentionDecision Decision { get; }
}
