namespace ConnectAgent.Configuration;

/// <summary>The tables of all features. A key is one row of one of them: files, flags, old spellings and pages follow from it.</summary>
internal static class AgentKeys
{
    /// <summary>What help says of flags that do nothing.</summary>
    public const string InertFlag = "Accepted, without effect.";

    public static IReadOnlyList<ConfigKey> All { get; } =
    [
        .. PortSettings.Table.Keys, .. NodeKeys.Table.Keys, .. HttpSettings.Table.Keys, .. TlsSettings.Table.Keys, .. ServerSettings.Table.Keys,
        .. CacheKeys.Table.Keys, .. ConnectKeys.Table.Keys, .. AclSettings.Table.Keys, .. DeprecatedKeys.Table.Keys,
    ];
}
