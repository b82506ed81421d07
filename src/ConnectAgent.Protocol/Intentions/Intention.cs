using System.Text.Json.Serialization;
using ConnectAgent.Protocol.Json;

namespace ConnectAgent.Protocol.Intentions;

/// <summary>One intention as the API shows it: a source of a <c>service-intentions</c> entry (intentions IXN-1, IXN-10; fields in output order).</summary>
public sealed record Intention
{
    public const string Wildcard = "*";
    public const string Allow = "allow";
    public const string Deny = "deny";

    /// <summary>Set only on ID based intentions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? UpdatedAt { get; init; }

    [JsonPropertyName("ID")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Id { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Description { get; init; }

    [JsonPropertyName("SourceNS")]
    public string SourceNamespace { get; init; } = "default";

    public required string SourceName { get; init; }

    [JsonPropertyName("DestinationNS")]
    public string DestinationNamespace { get; init; } = "default";

    public required string DestinationName { get; init; }

    /// <summary>The peer that the source is imported from (IXN-10); null for one of our own. Only config entries can set it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? SourcePeer { get; init; }

    public string SourceType { get; init; } = "consul";

    /// <summary><c>allow</c> or <c>deny</c>; null when <see cref="Permissions"/> decide.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Action { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<IntentionPermission>? Permissions { get; init; }

    /// <summary>The entry's; does not influence authorize, check or match (CE-13).</summary>
    [JsonPropertyName("JWT")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JwtRequirement? Jwt { get; init; }

    [JsonConverter(typeof(SortedMapConverter))]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyDictionary<string, string>? Meta { get; init; }

    /// <summary>PREC-1, computed from the two names.</summary>
    public int Precedence => IntentionPrecedence.Of(SourceName, DestinationName);

    /// <summary>Standard base64 (IXN-14); only on ID based intentions.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Hash { get; init; }

    public ulong CreateIndex { get; init; }

    public ulong ModifyIndex { get; init; }

    /// <summary>Whether layer 7 permissions decide; the plain authorize call then denies (AUTHZ-21).</summary>
    [JsonIgnore]
    public bool IsLayer7 => Permissions is { Count: > 0 };
}

/// <summary>CE-3. The first permission whose conditions all hold decides (L7-1).</summary>
public sealed record IntentionPermission
{
    public required string Action { get; init; }

    [JsonPropertyName("HTTP")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public HttpCondition? Http { get; init; }

    [JsonPropertyName("JWT")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public JwtRequirement? Jwt { get; init; }
}

/// <summary>The conditions of one permission, ANDed (L7-4); null means not asked for.</summary>
public sealed record HttpCondition
{
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathExact { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathPrefix { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? PathRegex { get; init; }

    [JsonPropertyName("Header")]
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<HeaderCondition>? Headers { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<string>? Methods { get; init; }
}

/// <summary>One header condition (CE-3, L7-4).</summary>
public sealed record HeaderCondition
{
    public required string Name { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Present { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Exact { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Prefix { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Suffix { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Regex { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool Invert { get; init; }
}
