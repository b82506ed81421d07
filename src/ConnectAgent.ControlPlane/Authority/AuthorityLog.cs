using Microsoft.Extensions.Logging;

namespace ConnectAgent.ControlPlane.Authority;

// Event ids 2000-2099.
internal static partial class AuthorityLog
{
    [LoggerMessage(2001, LogLevel.Information, "CA root made: id={RootId} not_after={NotAfter}")]
    public static partial void RootMade(this ILogger logger, string rootId, DateTimeOffset notAfter);

    [LoggerMessage(2002, LogLevel.Information, "CA root rotated: from={OldRootId} to={NewRootId} cross_signed={CrossSigned}")]
    public static partial void RootRotated(this ILogger logger, string oldRootId, string newRootId, bool crossSigned);

    [LoggerMessage(2003, LogLevel.Information, "CA configuration changed: provider={Provider} index={Index}")]
    public static partial void ConfigurationChanged(this ILogger logger, string provider, ulong index);

    [LoggerMessage(2004, LogLevel.Information, "CA root pruned: id={RootId}")]
    public static partial void RootPruned(this ILogger logger, string rootId);

    [LoggerMessage(2005, LogLevel.Warning, "CA certificate ages: certificate={Kind} root={RootId} life_used={Percent}% not_after={NotAfter}")]
    public static partial void CertificateAges(this ILogger logger, string kind, string rootId, int percent, DateTimeOffset notAfter);

    [LoggerMessage(2006, LogLevel.Error, "CA initialization failed: error={Reason} next={Pause}")]
    public static partial void InitializationFailed(this ILogger logger, string reason, TimeSpan pause);

    [LoggerMessage(2007, LogLevel.Warning, "CA root has no URI of this cluster: id={RootId} trust_domain={TrustDomain}")]
    public static partial void RootLacksUri(this ILogger logger, string rootId, string trustDomain);

    [LoggerMessage(2008, LogLevel.Information, "connect.ca_config differs from the stored CA configuration, which wins: index={Index}")]
    public static partial void StoredConfigurationWins(this ILogger logger, ulong index);

    [LoggerMessage(2009, LogLevel.Error, "CA upkeep failed: error={Reason}")]
    public static partial void UpkeepFailed(this ILogger logger, string reason);

    [LoggerMessage(2010, LogLevel.Warning, "CA provider clean-up failed: error={Reason}")]
    public static partial void CleanUpFailed(this ILogger logger, string reason);
}
