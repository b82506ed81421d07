using System.Collections.Immutable;

namespace ConnectAgent.Configuration;

/// <summary>Old spellings, which are all accepted (acl ACL-CFG-2, ACL-CFG-3). The new spelling wins, wherever it is written.</summary>
internal static class DeprecatedKeys
{
    private const string Unused = "acl_enforce_version_8";

    // Of two old spellings of one key, the first here wins.
    private static readonly ImmutableArray<DeprecatedKey> All =
    [
        new("acl_datacenter", "primary_datacenter", (values, text) =>
        {
            var name = ConfigChecks.DatacenterName("acl_datacenter", text);
            values.PrimaryDatacenter ??= name;

            // ACL-CFG-4: what is said in so many words wins.
            values.AclEnabled ??= true;
        }),
        new("acl.tokens.master", "acl.tokens.initial_management", (values, text) => values.AclManagementToken ??= text),
        new("acl_master_token", "acl.tokens.initial_management", (values, text) => values.AclManagementToken ??= text),
        new("acl.tokens.agent_master", "acl.tokens.agent_recovery", (values, text) => values.AclRecoveryToken ??= text),
        new("acl_agent_master_token", "acl.tokens.agent_recovery", (values, text) => values.AclRecoveryToken ??= text),
        new("acl_agent_token", "acl.tokens.agent", Take: null),
        new("acl_token", "acl.tokens.default", (values, text) => values.AclDefaultToken ??= text),
        new("acl_replication_token", "acl.tokens.replication", Take: null),
        new("acl_default_policy", "acl.default_policy", (values, text) => values.AclDefaultPolicy ??= text),
        new("acl_down_policy", "acl.down_policy", (values, text) => values.AclDownPolicy ??= text),
        new("acl_ttl", "acl.token_ttl", (values, text) => values.AclTokenTtl ??= text),
        new("enable_acl_replication", "acl.enable_token_replication", Take: null, IsFlag: true),
        new("acl_enable_key_list_policy", "acl.enable_key_list_policy", Take: null, IsFlag: true),
    ];

    /// <summary>Each old spelling and the new one, which is empty where the key should go.</summary>
    public static IEnumerable<(string Old, string New)> Spellings => All.Select(key => (key.Old, key.New)).Append((Unused, string.Empty));

    /// <summary>Accepts those of the top level (<paramref name="prefix"/> is empty) or of an object.</summary>
    public static ConfigSchema Deprecated(this ConfigSchema schema, string prefix = "")
    {
        foreach (var key in All.Where(key => key.Old[..(key.Old.LastIndexOf('.') + 1)] == prefix))
        {
            var name = key.Old[prefix.Length..];
            var effect = key.Take is null ? KeyEffect.None : KeyEffect.Acts;
            _ = key.IsFlag
                ? schema.Flag(name, (values, _) => values.Deprecated[key.Old] = string.Empty, effect)
                : schema.Text(name, (values, text) => values.Deprecated[key.Old] = text, effect);
        }

        return prefix.Length > 0 ? schema : schema.Flag(Unused, (values, _) => values.Deprecated[Unused] = string.Empty);
    }

    /// <summary>Takes the old spellings where the new one says nothing. Doing it again changes nothing.</summary>
    /// <exception cref="ConfigurationException">A value is bad.</exception>
    public static void Take(ConfigValues values)
    {
        foreach (var key in All)
        {
            // An empty text says nothing.
            if (values.Deprecated.GetValueOrDefault(key.Old) is { Length: > 0 } text)
            {
                key.Take?.Invoke(values, text);
            }
        }
    }

    /// <summary>One for each that was written (ACL-CFG-5).</summary>
    public static IEnumerable<string> Warnings(ConfigValues values)
    {
        foreach (var key in All.Where(key => values.Deprecated.ContainsKey(key.Old)))
        {
            yield return $"The '{key.Old}' field is deprecated. Use the '{key.New}' field instead.";
        }

        if (values.Deprecated.ContainsKey(Unused))
        {
            yield return $"config key \"{Unused}\" is deprecated and should be removed";
        }
    }

    /// <summary>One old spelling.</summary>
    /// <param name="Take">Gives a value that is not empty to the new key, unless that has one; null where the new key has no effect.</param>
    /// <param name="IsFlag">Whether it is true or false, else a text.</param>
    private sealed record DeprecatedKey(string Old, string New, Action<ConfigValues, string>? Take, bool IsFlag = false);
}
