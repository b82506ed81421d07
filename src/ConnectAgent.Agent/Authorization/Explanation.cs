using ConnectAgent.Caching;
using ConnectAgent.Protocol.Identity;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Limits;

namespace ConnectAgent.Agent.Authorization;

/// <summary>A decision as data; the fields are those of docs/http-api.md, in output order.</summary>
internal sealed record Explanation
{
    /// <summary>How many of the beaten intentions are listed.</summary>
    [Limit("authorize.explained", "intentions", "left out")]
    public const int MostBeaten = 32;

    public required bool Authorized { get; init; }

    public required string Reason { get; init; }

    /// <summary><c>peer</c>, <c>intention</c>, <c>permission</c>, <c>path</c> or <c>default</c>.</summary>
    public required string DecidedBy { get; init; }

    /// <summary>The intention that decided, or whose permissions were asked; null when none matches or none was asked.</summary>
    public ExplainedIntention? Matched { get; init; }

    /// <summary>The position of the permission that decided.</summary>
    public int? Permission { get; init; }

    /// <summary>The path that permissions were matched against; null when none were, or when it is ambiguous.</summary>
    public string? Path { get; init; }

    /// <summary>What else matches the pair, in the order of precedence.</summary>
    public IReadOnlyList<ExplainedIntention> Beaten { get; init; } = [];

    /// <summary>How many there are, listed or not.</summary>
    public int BeatenCount { get; init; }

    /// <summary>How many intentions protect the target, for whatever source.</summary>
    public int Candidates { get; init; }

    /// <summary>Null when the intentions were not asked.</summary>
    public ExplainedDefault? Default { get; init; }

    /// <inheritdoc cref="Default"/>
    public ExplainedCache? Cache { get; init; }

    /// <summary>A refusal that does not rest on intentions.</summary>
    public static Explanation OfRefusal(string reason) => new() { Authorized = false, Reason = reason, DecidedBy = "peer" };

    public static Explanation Of(
        CacheAnswer<IntentionDecision> answer, IntentionMatch match, ServiceId client, HttpAttributes? request, DefaultDecision fallback)
    {
        var decision = answer.Value;
        var isOurs = client.Namespace == SpiffeId.DefaultNamespace;
        var beaten = isOurs && decision.Matched is not null ? match.Matching(client.Service).Skip(1).ToList() : [];
        return new Explanation
        {
            Authorized = decision.Allowed,
            Reason = decision.Reason,
            DecidedBy = decision.Ground switch
            {
                DecisionGround.Permission => "permission",
                DecisionGround.AmbiguousPath => "path",
                DecisionGround.Default => "default",
                _ => "intention",
            },
            Matched = decision.Matched is { } matched ? ExplainedIntention.Of(matched) : null,
            Permission = decision.Permission,
            Path = decision is { Ground: not DecisionGround.AmbiguousPath, Matched.IsLayer7: true } ? request?.Path : null,
            Beaten = [.. beaten.Take(MostBeaten).Select(ExplainedIntention.Of)],
            BeatenCount = beaten.Count,
            Candidates = match.Intentions.Count,
            Default = new ExplainedDefault(
                decision.Ground == DecisionGround.Default,
                fallback.Decision.Allowed,
                fallback.Decision.Reason,
                (decision.Ground, decision.Matched, isOurs) switch
                {
                    (not DecisionGround.Default, _, _) => "an intention decided",
                    (_, not null, _) => "no permission of the intention matches",
                    (_, _, false) => "no intention matches another namespace than default",
                    _ => "no intention matches",
                }),
            Cache = new ExplainedCache(answer.Hit ? "HIT" : "MISS", answer.InContact, (long)Math.Round(answer.Age.TotalSeconds), answer.Index),
        };
    }
}

/// <summary>One intention, in short.</summary>
internal sealed record ExplainedIntention(
    string SourceName, string DestinationName, string? Action, int Permissions, [property: System.Text.Json.Serialization.JsonPropertyName("ID")] string? Id, int Precedence)
{
    public static ExplainedIntention Of(Intention intention) => new(
        intention.SourceName,
        intention.DestinationName,
        intention.IsLayer7 ? null : intention.Action,
        intention.Permissions?.Count ?? 0,
        intention.Id,
        intention.Precedence);
}

/// <summary>The default, and why it was used or not.</summary>
internal sealed record ExplainedDefault(bool Used, bool Allowed, string Reason, string Why);

/// <summary>Where the intentions came from.</summary>
/// <param name="State"><c>HIT</c> or <c>MISS</c>.</param>
/// <param name="InContact">Whether the servers confirm the data.</param>
/// <param name="AgeSeconds">Since it was last known good.</param>
/// <param name="Index">Of the data.</param>
internal sealed record ExplainedCache(string State, bool InContact, long AgeSeconds, ulong Index);
