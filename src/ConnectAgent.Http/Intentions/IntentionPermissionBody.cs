using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Schema;

namespace ConnectAgent.Http.Intentions;

/// <summary>The permissions in the body of an intention write (intentions CE-3). A null in a list of records crashes the reference (DEF-1).</summary>
internal static class IntentionPermissionBody
{
    private static readonly RecordType<JwtClaim> Claim = Record("IntentionJWTClaimVerification", static () => new JwtClaim(null, null), "structs.")
        .Field("Value", SchemaTypes.OptionalText, static (claim, value) => claim with { Value = value })
        .Field("Path", SchemaTypes.Texts, static (claim, path) => claim with { Path = NotEmpty(path) });

    private static readonly RecordType<JwtProvider> Provider = Record("IntentionJWTProvider", static () => new JwtProvider(string.Empty, null), "structs.")
        .Field("Name", SchemaTypes.Text, static (provider, name) => provider with { Name = name })
        .Field("VerifyClaims", new ListType<JwtClaim>(Claim, refusesNull: true), static (provider, claims) => provider with { VerifyClaims = NotEmpty(claims) });

    private static readonly RecordType<JwtRequirement> Jwt = Record("IntentionJWTRequirement", static () => new JwtRequirement(null))
        .Field("Providers", new ListType<JwtProvider>(Provider, refusesNull: true), static (jwt, providers) => jwt with { Providers = NotEmpty(providers) });

    private static readonly RecordType<HeaderCondition> Header = Record(
            "IntentionHTTPHeaderPermission", static () => new HeaderCondition { Name = string.Empty }, "structs.")
        .Field("Name", SchemaTypes.Text, static (header, name) => header with { Name = name })
        .Field("Present", SchemaTypes.Flag, static (header, isWanted) => header with { Present = isWanted })
        .Field("Exact", SchemaTypes.OptionalText, static (header, text) => header with { Exact = text })
        .Field("Prefix", SchemaTypes.OptionalText, static (header, text) => header with { Prefix = text })
        .Field("Suffix", SchemaTypes.OptionalText, static (header, text) => header with { Suffix = text })
        .Field("Regex", SchemaTypes.OptionalText, static (header, text) => header with { Regex = text })
        .Field("Invert", SchemaTypes.Flag, static (header, isInverted) => header with { Invert = isInverted });

    private static readonly RecordType<HttpCondition> Http = Record("IntentionHTTPPermission", static () => new HttpCondition())
        .Field("PathExact", SchemaTypes.OptionalText, static (http, path) => http with { PathExact = path })
        .Field("PathPrefix", SchemaTypes.OptionalText, static (http, path) => http with { PathPrefix = path })
        .Field("PathRegex", SchemaTypes.OptionalText, static (http, path) => http with { PathRegex = path })
        .Field("Methods", SchemaTypes.Texts, static (http, methods) => http with { Methods = NotEmpty(methods) })
        .Field("Header", new ListType<HeaderCondition>(Header), static (http, headers) => http with { Headers = NotEmpty(headers) });

    public static ListType<IntentionPermission> Schema { get; } = new(
        Record("IntentionPermission", static () => new IntentionPermission { Action = string.Empty }, "structs.")
            .Field("Action", SchemaTypes.Text, static (permission, action) => permission with { Action = action })
            .Field("HTTP", Http, static (permission, http) => permission with { Http = http })
            .Field("JWT", Jwt, static (permission, jwt) => permission with { Jwt = jwt }),
        refusesNull: true);

    private static RecordType<T> Record<T>(string goType, Func<T> create, string package = "") => new(create, goType, $"Go struct field {package}{goType}");

    private static List<T>? NotEmpty<T>(List<T> list) => list.Count == 0 ? null : list;
}
