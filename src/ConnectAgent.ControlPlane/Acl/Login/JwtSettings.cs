using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using ConnectAgent.ControlPlane.ConfigEntries.Schema;
using ConnectAgent.Protocol.Json;
using ConnectAgent.Protocol.Limits;
using ConnectAgent.Protocol.Schema;
using ConnectAgent.Protocol.Text;
using Microsoft.IdentityModel.Tokens;

namespace ConnectAgent.ControlPlane.Acl.Login;

/// <summary>The <c>Config</c> of a method of type <c>jwt</c>, checked (acl ACL-AM-4).</summary>
internal sealed record JwtSettings
{
    private const string KeysLimit = "auth_method.keys";
    private const string DepthLimit = "auth_method.config_depth";

    [Limit(KeysLimit, "keys", "refused", Refuses = true)]
    private const int MostKeys = 64;

    // Nested as deep as a body may be.
    [Limit(DepthLimit, "levels", "refused", Refuses = true)]
    private const int Depth = 128;

    private static readonly TimeSpan DefaultLeeway = TimeSpan.FromSeconds(150);
    private static readonly TimeSpan DefaultClockSkew = TimeSpan.FromSeconds(60);

    // A method's configuration is bounded as a whole, by its body.
    private static readonly ListType ListOfTexts = new(TextType.Checked, bound: null);
    private static readonly MapType MapOfTexts = new(TextType.Checked, bound: null);

    private static readonly ObjectType Schema = new(
        new ConfigField("JWTValidationPubKeys", ListOfTexts),
        new ConfigField("JWKSURL", TextType.Checked),
        new ConfigField("JWKSCACert", TextType.Checked),
        new ConfigField("OIDCDiscoveryURL", TextType.Checked),
        new ConfigField("OIDCDiscoveryCACert", TextType.Checked),
        new ConfigField("JWTSupportedAlgs", ListOfTexts),
        new ConfigField("BoundIssuer", TextType.Checked),
        new ConfigField("BoundAudiences", ListOfTexts),
        new ConfigField("ClaimMappings", MapOfTexts),
        new ConfigField("ListClaimMappings", MapOfTexts),
        new ConfigField("ExpirationLeeway", DurationType.Text),
        new ConfigField("NotBeforeLeeway", DurationType.Text),
        new ConfigField("ClockSkewLeeway", DurationType.Text));

    public required IReadOnlyList<JsonWebKey> Keys { get; init; }

    /// <summary>Of the asymmetric ones only: with a shared key, who can check a token could make one.</summary>
    public required IReadOnlyList<string> Algorithms { get; init; }

    /// <summary>Empty: any.</summary>
    public required string BoundIssuer { get; init; }

    /// <inheritdoc cref="BoundIssuer"/>
    public required IReadOnlyList<string> BoundAudiences { get; init; }

    /// <summary>From a claim, or a path <c>/a/b</c> into one, to the name of a value.</summary>
    public required IReadOnlyDictionary<string, string> ClaimMappings { get; init; }

    /// <summary>The same, to the name of a list.</summary>
    public required IReadOnlyDictionary<string, string> ListClaimMappings { get; init; }

    /// <summary>How long a token without <c>exp</c> lives.</summary>
    public required TimeSpan ExpirationLeeway { get; init; }

    /// <summary>How long before its <c>exp</c> a token with neither <c>nbf</c> nor <c>iat</c> begins to hold.</summary>
    public required TimeSpan NotBeforeLeeway { get; init; }

    /// <summary>How far the clocks may be apart.</summary>
    public required TimeSpan ClockSkewLeeway { get; init; }

    /// <summary>Reads and checks a configuration.</summary>
    /// <param name="config">A JSON object.</param>
    /// <exception cref="JwtSettingsException">What is wrong with it.</exception>
    public static JwtSettings Read(string config)
    {
        var map = Decode(config);
        var keys = Texts(map, "JWTValidationPubKeys");
        var (jwks, oidc) = (Text(map, "JWKSURL"), Text(map, "OIDCDiscoveryURL"));
        Require(
            new[] { keys.Count > 0, jwks.Length > 0, oidc.Length > 0 }.Count(isSet => isSet) == 1,
            "exactly one of 'JWTValidationPubKeys', 'JWKSURL', or 'OIDCDiscoveryURL' must be set for type \"jwt\"");
        Require(keys.Count > 0, $"'{(jwks.Length > 0 ? "JWKSURL" : "OIDCDiscoveryURL")}' is not supported by this agent, which fetches no keys: "
            + "set 'JWTValidationPubKeys' to the public keys themselves");
        foreach (var name in new[] { "JWKSCACert", "OIDCDiscoveryCACert" })
        {
            Require(Text(map, name).Length == 0, $"'{name}' must not be set together with 'JWTValidationPubKeys'");
        }

        Require(keys.Count <= MostKeys, $"'JWTValidationPubKeys' must not hold more than {MostKeys} keys", KeysLimit);
        return new JwtSettings
        {
            Keys = [.. keys.Select((pem, i) => JwtKeys.Read(pem, $"JWTValidationPubKeys[{i}]"))],
            Algorithms = AlgorithmsOf(Texts(map, "JWTSupportedAlgs")),
            BoundIssuer = Text(map, "BoundIssuer"),
            BoundAudiences = Texts(map, "BoundAudiences"),
            ClaimMappings = Mappings(map, "ClaimMappings"),
            ListClaimMappings = Mappings(map, "ListClaimMappings"),
            ExpirationLeeway = Leeway(map, "ExpirationLeeway", DefaultLeeway),
            NotBeforeLeeway = Leeway(map, "NotBeforeLeeway", DefaultLeeway),
            ClockSkewLeeway = Leeway(map, "ClockSkewLeeway", DefaultClockSkew),
        };
    }

    private static void Require(bool holds, string text, string? limit = null)
    {
        if (!holds)
        {
            throw new JwtSettingsException(text, limit);
        }
    }

    // Requests are read before; a row from a file may be anything.
    private static JsonObject Decode(string config)
    {
        try
        {
            if (!JsonTexts.AreObject(config, Depth))
            {
                throw new JwtSettingsException(
                    "error decoding config: it is no JSON object", JsonTexts.AreNestedDeeper(Encoding.UTF8.GetBytes(config), Depth) ? DepthLimit : null);
            }

            var decoding = new EntryDecoding();
            _ = Schema.TryRead(JsonElement.Parse(config, new JsonDocumentOptions { MaxDepth = Depth }), decoding, out var map);
            decoding.Finish();
            return (JsonObject)map!;
        }
        catch (MapstructureException error)
        {
            throw new JwtSettingsException("error decoding config: " + error.Message);
        }
    }

    private static List<string> AlgorithmsOf(List<string> given)
    {
        var unknown = given.Find(name => !JwtKeys.Algorithms.Contains(name));
        Require(unknown is null, $"'JWTSupportedAlgs' holds {GoQuote.Of(unknown ?? "")}, which is none of [{string.Join(' ', JwtKeys.Algorithms.Order(StringComparer.Ordinal))}]");
        return given.Count > 0 ? given : [SecurityAlgorithms.RsaSha256];
    }

    private static string Text(JsonObject map, string name) => (string?)map[name] ?? string.Empty;

    private static List<string> Texts(JsonObject map, string name) => [.. (map[name]?.AsArray() ?? []).Select(text => (string)text!)];

    private static Dictionary<string, string> Mappings(JsonObject map, string name)
    {
        var mappings = (map[name]?.AsObject() ?? []).ToDictionary(pair => pair.Key, pair => (string)pair.Value!, StringComparer.Ordinal);
        var twice = mappings.Values.GroupBy(variable => variable, StringComparer.Ordinal).FirstOrDefault(group => group.Count() > 1)?.Key;
        Require(twice is null, $"'{name}' maps more than one claim to {GoQuote.Of(twice ?? "")}");
        return mappings;
    }

    // Zero stands for the default, a negative one for none.
    private static TimeSpan Leeway(JsonObject map, string name, TimeSpan fallback)
    {
        _ = GoDuration.TryParse(Text(map, name), out var leeway, out _);
        return leeway < TimeSpan.Zero ? TimeSpan.Zero : leeway == TimeSpan.Zero ? fallback : leeway;
    }
}

/// <summary>A configuration that cannot be used; the message is what follows <c>Invalid Auth Method: </c> (ACL-AM-3).</summary>
internal sealed class JwtSettingsException(string message, string? limit = null) : Exception(message)
{
    /// <summary>The name of the bound that refused (docs/limits.md); null when it was none.</summary>
    public string? Limit => limit;
}
