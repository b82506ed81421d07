using System.Collections.Immutable;

namespace ConnectAgent.Configuration;

/// <summary>Old spellings, which are all accepted (acl ACL-CFG-2, ACL-CFG-3). The new spelling wins, wherever it is written.</summary>
internal static class DeprecatedKeys
{
    public static readonly KeyTable Table = new();

    private static readonly ConfigKey<bool?> Unused = Table.Flag("acl_enforce_version_8");

    // Of two old spellings of one key, the first here wins.
    private static readonly ImmutableArray<DeprecatedKey> All =
    [
        new(Table.Bound("acl_datacenter", static (key, text) => string.IsNullOrEmpty(text) ? text : ConfigChecks.DatacenterName(key, text)), NodeKeys.PrimaryDatacenter),
        Of("acl.tokens.master", AclKeys.ManagementToken),
        Of("acl_master_token", AclKeys.ManagementToken),
        Of("acl.tokens.agent_master", AclKeys.RecoveryToken),
        Of("acl_agent_master_token", AclKeys.RecoveryToken),
        Of("acl_agent_token", AclKeys.AgentToken),
        Of("acl_token", AclKeys.DefaultToken),
        Inert(Table.Text("acl_replication_token", KeyEffect.None), "acl.tokens.replication"),
        Of("acl_default_policy", AclKeys.DefaultPolicy),
        Of("acl_down_policy", AclKeys.DownPolicyKey),
        Of("acl_ttl", AclKeys.TokenTtl),
        Inert(Table.Flag("enable_acl_replication", KeyEffect.None), "acl.enable_token_replication"),
        Inert(Table.Flag("acl_enable_key_list_policy", KeyEffect.None), "acl.enable_key_list_policy"),
    ];

    /// <summary>Each old spelling and the new one, which is empty where the key should go.</summary>
    public static IEnumerable<(string Old, string New)> Spellings => All.Select(key => (key.Old.Path, key.NewPath)).Append((Unused.Path, string.Empty));

    /// <summary>Takes the old spellings where the new one says nothing. Doing it again changes nothing.</summary>
    /// <exception cref="ConfigurationException">A value is bad.</exception>
    public static void Take(ConfigValues values)
    {
        foreach (var key in All)
        {
            // An empty text says nothing.
            if (key is not { New: { } now, Text: { } old } || values.Of(old) is not { Length: > 0 } text)
            {
                continue;
            }

            if (!values.Has(now))
            {
                values.Set(now, text, values.PartsOf(old));
            }

            // ACL-CFG-4: what is said in so many words wins.
            if (now == NodeKeys.PrimaryDatacenter && !values.Has(AclKeys.Enabled))
            {
                values.Set(AclKeys.Enabled, true, [new SaidPart(string.Empty, "true", values.PartsOf(old) is [.., var said] ? said.Source : ConfigSource.Default)]);
            }
        }
    }

    /// <summary>One for each that was written (ACL-CFG-5).</summary>
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        foreach (var key in All.Where(key => values.Has(key.Old)))
        {
            yield return $"The '{key.Old.Path}' field is deprecated. Use the '{key.NewPath}' field instead.";
        }

        if (values.Has(Unused))
        {
            yield return $"config key \"{Unused.Path}\" is deprecated and should be removed";
        }
    }

    private static DeprecatedKey Of(string old, ConfigKey now) => new(Table.Text(old), now);

    private static DeprecatedKey Inert(ConfigKey old, string now) => new(old, null, now);

    /// <summary>One old spelling.</summary>
    /// <param name="Old">It.</param>
    /// <param name="New">What takes its value; null where the new key has no effect.</param>
    /// <param name="Named">The new key where it has none.</param>
    private sealed record DeprecatedKey(ConfigKey Old, ConfigKey? New, string Named = "")
    {
        public string NewPath => New?.Path ?? Named;

        public ConfigKey<string?>? Text => Old as ConfigKey<string?>;
    }
}
