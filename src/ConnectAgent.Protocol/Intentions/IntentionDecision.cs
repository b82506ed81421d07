namespace ConnectAgent.Protocol.Intentions;

/// <summary>What an evaluation rests on.</summary>
public enum DecisionGround
{
    /// <summary>The intention itself.</summary>
    Intention,

    /// <summary>One permission of the intention (L7-1).</summary>
    Permission,

    /// <summary>The path can be read in several ways (L7-6).</summary>
    AmbiguousPath,

    /// <summary>The default: no intention matches, or no permission of the one that does (AUTHZ-23, L7-1).</summary>
    Default,
}

/// <summary>The outcome of an evaluation.</summary>
public sealed record IntentionDecision
{
    private readonly string? _reason;

    public IntentionDecision(bool allowed, string reason, Intention? matched) => (Allowed, _reason, Matched) = (allowed, reason, matched);

    private IntentionDecision(Intention intention) =>
        (Allowed, Matched) = (!intention.IsLayer7 && intention.Action == Intention.Allow, intention);

    /// <summary>Whether the connection or the request may be made; of connections, layer 7 intentions are a refusal (AUTHZ-21).</summary>
    public bool Allowed { get; }

    /// <summary>The intention that decided, or whose permissions were asked; null when none matches.</summary>
    public Intention? Matched { get; }

    /// <summary>The exact text of AUTHZ-21 to AUTHZ-23 and L7-8. An intention's is made when it is asked for: it is longer than the rest.</summary>
    public string Reason => _reason ?? TextOf(Matched!);

    /// <summary>What the outcome rests on.</summary>
    public DecisionGround Ground { get; init; }

    /// <summary>The position of the permission that decided; null when none did.</summary>
    public int? Permission { get; init; }

    /// <summary>What an intention itself says.</summary>
    public static IntentionDecision By(Intention intention) => new(intention);

    private static string TextOf(Intention intention) =>
        (intention.IsLayer7 ? "Matched L7 intention: " : "Matched L4 intention: ") + Describe(intention);

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
