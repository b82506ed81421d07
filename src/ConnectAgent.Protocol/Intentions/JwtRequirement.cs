using System.Text.Json.Serialization;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>Tokens that a request must carry (intentions L7-9); kept and shown for the proxies that check them.</summary>
/// <param name="Providers">One of them must have verified the token.</param>
public sealed record JwtRequirement(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<JwtProvider>? Providers);

/// <summary>A provider and what its token must say.</summary>
public sealed record JwtProvider(
    string Name,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<JwtClaim>? VerifyClaims);

/// <summary>One claim.</summary>
/// <param name="Path">The way to it through the token's objects.</param>
public sealed record JwtClaim(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Path,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Value);
