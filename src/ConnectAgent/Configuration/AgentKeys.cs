namespace ConnectAgent.Configuration;

/// <summary>The tables of all features. A key is one row of one of them: files, flags, old spellings and pages follow from it.</summary>
internal static class AgentKeys
{
    /// <summary>What help says of flags that do nothing.</summary>
    public const string InertFlag = "Accepted, without effect.";

    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        .. PortKeys.Table.Keys, .. NodeKeys.Table.Keys, .. LogKeys.Table.Keys, .. HttpKeys.Table.Keys, .. TlsSettings.Table.Keys, .. ServerSettings.Table.Keys,
        .. CacheKeys.Table.Keys, .. ServiceKeys.Table.Keys, .. CheckKeys.Table.Keys, .. WatchKeys.Table.Keys, .. ProxyKeys.Table.Keys, .. ConnectKeys.Table.Keys, .. AclKeys.Table.Keys,
        .. InertKeys.Table.Keys, .. DeprecatedKeys.Table.Keys,
    ];
}
