using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.ControlPlane.Acl;
using ConnectAgent.Http.LocalAgent;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>ACLs: the keys, and how their values are completed and checked (acl section 2).</summary>
internal static class AclKeys
{
    public static readonly KeyTable Table = new();

    private static readonly TimeSpan DefaultTtl = new RemoteTokenOptions().Ttl;

    public static readonly ConfigKey<bool> Enabled = Table.Flag("acl.enabled", fallback: false);

    /// <summary>ACL-CFG-6; <c>manage</c> is a word like any other.</summary>
    public static readonly ConfigKey<string> DefaultPolicy = Table.Bound("acl.default_policy", static (_, text) => text switch
    {
        null or "" => "allow",
        "allow" or "deny" => text,
        _ => throw new ConfigurationException($"Unsupported default ACL policy: {text}"),
    });

    /// <inheritdoc cref="DefaultPolicy"/>
    public static readonly ConfigKey<DownPolicy> DownPolicyKey = Table.Bound("acl.down_policy", static (_, text) => text switch
    {
        "allow" => DownPolicy.Allow,
        "deny" => DownPolicy.Deny,
        null or "" or "extend-cache" => DownPolicy.ExtendCache,
        "async-cache" => DownPolicy.AsyncCache,
        _ => throw new ConfigurationException($"Unsupported down ACL policy: {text}"),
    });

    public static readonly ConfigKey<TimeSpan> TokenTtl = Table.Bound("acl.token_ttl", TtlOf);

    public static readonly ConfigKey<TimeSpan> PolicyTtl = Table.Bound("acl.policy_ttl", TtlOf);

    /// <summary>For roles zero is the default (ACL-CFG-1).</summary>
    public static readonly ConfigKey<TimeSpan> RoleTtl = Table.Duration("acl.role_ttl", DefaultTtl);

    /// <summary>Whether tokens that come through the API are kept over a restart (acl ACL-AGT-7).</summary>
    public static readonly ConfigKey<bool> PersistTokens = Table.Flag("acl.enable_token_persistence", fallback: false);

    /// <summary>Never printed.</summary>
    public static readonly ConfigKey<string?> DefaultToken = Table.Text("acl.tokens.default").Reloaded();

    /// <inheritdoc cref="DefaultToken"/>
    public static readonly ConfigKey<string?> AgentToken = Table.Text("acl.tokens.agent").Reloaded();

    /// <inheritdoc cref="DefaultToken"/>
    public static readonly ConfigKey<string?> ManagementToken = Table.Text("acl.tokens.initial_management");

    /// <inheritdoc cref="DefaultToken"/>
    public static readonly ConfigKey<string?> RecoveryToken = Table.Text("acl.tokens.agent_recovery");

    /// <summary>Whether policies with rules of unknown kinds are refused (acl ACL-DEF-3).</summary>
    public static readonly ConfigKey<bool> StrictRules = Table.Flag("connect_agent.acl_strict_rules", fallback: false);

    /// <summary>What is accepted beside them.</summary>
    public static ConfigSchema Others { get; } = new ConfigSchema()
        .Inert(ConfigTypes.Text, "disabled_ttl")
        .Inert(ConfigTypes.Flag, "enable_token_replication", "enable_key_list_policy")
        .Guards(ConfigTypes.Flag, "msp_disable_bootstrap")
        .Object("tokens", new ConfigSchema()
            .Inert(ConfigTypes.Text, "replication", "config_file_service_registration")
            .InertObjects("managed_service_provider", new ConfigSchema().Inert(ConfigTypes.Text, "accessor_id", "secret_id")));

    /// <summary>ACLs of the embedded control plane.</summary>
    public static AclOptions Acl(ConfigValues values, string datacenter) => new()
    {
        Enabled = values.Of(Enabled),
        DefaultAllow = values.Of(DefaultPolicy) == "allow",
        ManagementToken = values.Of(ManagementToken) ?? string.Empty,
        Datacenter = datacenter,
        TokenTtl = values.Of(TokenTtl),
        StrictRules = values.Of(StrictRules),
    };

    /// <summary>Tokens that other servers resolve (acl ACL-RES-2, ACL-RES-4).</summary>
    public static RemoteTokenOptions RemoteTokens(ConfigValues values) => new()
    {
        Enabled = values.Of(Enabled),
        DefaultAllow = values.Of(DefaultPolicy) == "allow",
        DownPolicy = values.Of(DownPolicyKey),
        Ttl = new[] { values.Of(TokenTtl), values.Of(PolicyTtl), values.Of(RoleTtl) }.Min(),
    };

    /// <summary>The agent's own tokens.</summary>
    /// <param name="values">What was said.</param>
    /// <param name="directory">Where they may be kept; null: nowhere.</param>
    public static AgentTokenOptions Tokens(ConfigValues values, string? directory) => new(
        values.Of(Enabled),
        values.Of(DefaultToken) ?? string.Empty,
        values.Of(AgentToken) ?? string.Empty,
        values.Of(RecoveryToken) ?? string.Empty,
        values.Of(PersistTokens) ? directory : null);

    // ACL-CFG-8.
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        var isEnabled = values.Of(Enabled);
        if (isEnabled && values.Of(ManagementToken) is { Length: > 0 } secret && !Guid.TryParseExact(secret, "D", out _))
        {
            yield return "Configuring a non-UUID master token is deprecated";
        }

        // As with the reference, whatever the policy says.
        if (!isEnabled && values.Of(DefaultPolicy) == "deny")
        {
            yield return "without acl.enabled = true, acl.default_policy = \"deny\" has no effect";
        }
    }

    // How long something may be reused; zero is never.
    private static TimeSpan TtlOf(string key, string? text) =>
        GoDuration.TryParse(text ?? string.Empty, out var duration, out _) && duration <= TimeSpan.Zero
            ? TimeSpan.Zero
            : ConfigChecks.Duration(key, text, DefaultTtl);
}
