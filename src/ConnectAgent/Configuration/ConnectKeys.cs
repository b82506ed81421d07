using System.Text.Json;
using ConnectAgent.Agent.Authorization;
using ConnectAgent.ControlPlane.Authority;
using ConnectAgent.Protocol.Intentions;
using ConnectAgent.Protocol.Text;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Connect: whether it is on, how authorize decides, and the CA.</summary>
internal static class ConnectKeys
{
    public static readonly KeyTable Table = new();

    /// <summary>Null: in development mode.</summary>
    public static readonly ConfigKey<bool?> Enabled = Table.Flag("connect.enabled");

    /// <summary>Turns Connect on, and that is all: certificates are not handed out that way.</summary>
    public static readonly ConfigKey<bool> AutoEncryptServer = Table.Flag("auto_encrypt.allow_tls", fallback: false);

    public static readonly ConfigKey<bool> AuthorizeStrict = Table.Flag("connect.authorize_strict", fallback: false);

    public static readonly ConfigKey<IReadOnlyList<string>> AuthorizeDatacenters = Table.Texts("connect.authorize_datacenters", DatacenterName);

    public static readonly ConfigKey<bool> AuthorizeNormalizePaths = Table.Flag("connect.authorize_normalize_paths", fallback: true);

    public static readonly ConfigKey<bool> AuthorizeEachHeader = Table.Flag("connect.authorize_each_header", fallback: true);

    /// <summary>What path parameters are.</summary>
    public static readonly ConfigKey<string> AuthorizePathParameters = Table.Bound("connect.authorize_path_parameters", static (key, text) => text switch
    {
        null or "" => "ambiguous",
        "ambiguous" or "keep" => text,
        _ => throw new ConfigurationException($"{key} must be \"ambiguous\" or \"keep\", was: {GoQuote.Of(text)}"),
    });

    /// <summary>There is one.</summary>
    public static readonly ConfigKey<string> CaProvider = Table.Bound("connect.ca_provider", static (_, text) =>
        text is null or "" or "consul" ? "consul" : throw new ConfigurationException($"{text} is not a valid CA provider"));

    /// <summary>By the wire's names. May hold a key: never printed.</summary>
    public static readonly ConfigKey<IReadOnlyDictionary<string, JsonElement>> CaConfig = Table.Other(
        "connect.ca_config", CaConfigType.Instance, CaConfigType.None, CaConfigType.Keys, shape: ValueShape.Map);

    /// <summary>A fixed delay in place of the draw after a rotation; null: drawn (leaf-certificates LEAF-47).</summary>
    public static readonly ConfigKey<TimeSpan?> RootChangeSpread = Table.Bound<TimeSpan?>("connect.test_ca_leaf_root_change_spread", static (key, text) =>
        string.IsNullOrEmpty(text) ? null : Duration(key, text, TimeSpan.Zero));

    public static readonly ConfigKey<bool> ShowCaSecrets = Table.Flag("connect_agent.show_ca_secrets", fallback: false);

    public static readonly ConfigKey<bool> CaAutoRotate = Table.Flag("connect_agent.ca_auto_rotate", fallback: false);

    /// <summary>Entries that are written where there is none of the name, as JSON.</summary>
    public static readonly ConfigKey<List<string>> BootstrapEntries = Table.Other("config_entries.bootstrap", ConfigTypes.AnyObjects, new List<string>(), shape: ValueShape.List);

    /// <summary>Null: follows from the policy of ACLs.</summary>
    public static readonly ConfigKey<DefaultDecision?> DefaultIntentionPolicy = Table.Bound<DefaultDecision?>("default_intention_policy", static (_, text) => text switch
    {
        "allow" => DefaultDecision.AllowByPolicy,
        "deny" => DefaultDecision.DenyByPolicy,
        null or "" => null,
        _ => throw new ConfigurationException($"Unsupported default intention policy: {text}"),
    });

    /// <summary>How authorize decides.</summary>
    public static AuthorizeOptions Authorize(ConfigValues values) => new()
    {
        Strict = values.Of(AuthorizeStrict),
        Datacenters = [.. values.Of(AuthorizeDatacenters)],
        Http = new HttpEvaluation(values.Of(AuthorizeNormalizePaths), values.Of(AuthorizeEachHeader), values.Of(AuthorizePathParameters) == "keep"),
    };

    /// <summary>The CA's first configuration.</summary>
    public static AuthorityOptions Authority(ConfigValues values, string datacenter) => new()
    {
        ClusterId = ClusterIdOf(values.Of(CaConfig).GetValueOrDefault(CaConfigType.ClusterId)),
        Datacenter = datacenter,
        Configuration = CaConfigValues.Build(values),
        AutoRotate = values.Of(CaAutoRotate),
        ShowSecrets = values.Of(ShowCaSecrets),
    };

    /// <summary>What holds when no intention matches (intentions AUTHZ-23, AUTHZ-24).</summary>
    public static DefaultDecision DefaultDecisionOf(ConfigValues values, string aclPolicy) => values.Of(DefaultIntentionPolicy)
        ?? (!values.Of(AclKeys.Enabled) ? DefaultDecision.AclsDisabled : aclPolicy == "allow" ? DefaultDecision.Allow : DefaultDecision.Deny);

    // Null: a random one.
    private static string? ClusterIdOf(JsonElement json)
    {
        var id = json.ValueKind == JsonValueKind.String ? json.GetString() : null;
        Require(
            string.IsNullOrEmpty(id) || Guid.TryParseExact(id, "D", out _), $"connect.ca_config.cluster_id must be a valid UUID: {id}");
        return string.IsNullOrEmpty(id) ? null : id;
    }
}
