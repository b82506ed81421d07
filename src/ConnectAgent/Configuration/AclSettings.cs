using ConnectAgent.Agent.Servers.Tokens;
using ConnectAgent.Protocol.Acl;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>The <c>acl</c> block: its keys, and how their values are completed and checked (acl section 2).</summary>
internal static class AclSettings
{
    private static readonly TimeSpan DefaultTtl = new RemoteTokenOptions().Ttl;

    public static ConfigSchema Schema { get; } = new ConfigSchema()
        .Flag("enabled", (values, flag) => values.AclEnabled = flag)
        .Text("default_policy", (values, text) => values.AclDefaultPolicy = text)
        .Text("down_policy", (values, text) => values.AclDownPolicy = text)
        .Text("token_ttl", (values, text) => values.AclTokenTtl = text)
        .Text("policy_ttl", (values, text) => values.AclPolicyTtl = text)
        .Text("role_ttl", (values, text) => values.AclRoleTtl = text)
        .Inert(ConfigType.Text, "disabled_ttl")
        .Flag("enable_token_persistence", (values, flag) => values.PersistTokens = flag)
        .Inert(ConfigType.Flag, "enable_token_replication", "enable_key_list_policy")
        .Guards(ConfigType.Flag, "msp_disable_bootstrap")
        .Object("tokens", new ConfigSchema()
            .Text("default", (values, text) => values.AclDefaultToken = text)
            .Text("initial_management", (values, text) => values.AclManagementToken = text)
            .Text("agent_recovery", (values, text) => values.AclRecoveryToken = text)
            .Deprecated("acl.tokens.")
            .Inert(ConfigType.Text, "agent", "replication", "config_file_service_registration")
            .InertObjects("managed_service_provider", new ConfigSchema().Inert(ConfigType.Text, "accessor_id", "secret_id")));

    /// <summary>ACL-CFG-6; <c>manage</c> is a word like any other.</summary>
    public static string DefaultPolicyOf(ConfigValues values)
    {
        var policy = values.AclDefaultPolicy is null or "" ? "allow" : values.AclDefaultPolicy;
        ConfigChecks.Require(policy is "allow" or "deny", $"Unsupported default ACL policy: {policy}");
        return policy;
    }

    /// <inheritdoc cref="DefaultPolicyOf"/>
    public static DownPolicy DownPolicyOf(ConfigValues values) => values.AclDownPolicy switch
    {
        "allow" => DownPolicy.Allow,
        "deny" => DownPolicy.Deny,
        null or "" or "extend-cache" => DownPolicy.ExtendCache,
        "async-cache" => DownPolicy.AsyncCache,
        var other => throw new ConfigurationException($"Unsupported down ACL policy: {other}"),
    };

    /// <summary>How long something may be reused; zero is never.</summary>
    public static TimeSpan TtlOf(string key, string? text) =>
        GoDuration.TryParse(text ?? string.Empty, out var duration, out _) && duration <= TimeSpan.Zero
            ? TimeSpan.Zero
            : ConfigChecks.Duration(key, text, DefaultTtl);

    /// <summary>For roles zero is the default (ACL-CFG-1).</summary>
    public static TimeSpan RoleTtlOf(ConfigValues values) => ConfigChecks.Duration("acl.role_ttl", values.AclRoleTtl, DefaultTtl);

    // ACL-CFG-8.
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        if (values is { AclEnabled: true, AclManagementToken: { Length: > 0 } secret } && !Guid.TryParseExact(secret, "D", out _))
        {
            yield return "Configuring a non-UUID master token is deprecated";
        }

        // As with the reference, whatever the policy says.
        if (values is { AclEnabled: not true, AclDefaultPolicy: "deny" })
        {
            yield return "without acl.enabled = true, acl.default_policy = \"deny\" has no effect";
        }
    }
}
