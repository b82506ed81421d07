using ConnectAgent.Agent.AntiEntropy;
using ConnectAgent.Agent.Checks.Probes;
using static ConnectAgent.Configuration.ConfigChecks;

namespace ConnectAgent.Configuration;

/// <summary>Checks of services (services CHK-1 to CHK-9).</summary>
internal static class CheckKeys
{
    public static readonly KeyTable Table = new();

    /// <summary>Whether scripts are run, whoever registers them.</summary>
    public static readonly ConfigKey<bool> EnableScripts = Table.Flag(CheckOptions.ScriptsKey, fallback: false)
        .WithFlag("enable-script-checks", "Whether checks may run programs, also those that callers of the API register.");

    /// <summary>Whether scripts are run that files of the agent define.</summary>
    public static readonly ConfigKey<bool> EnableLocalScripts = Table.Flag(CheckOptions.LocalScriptsKey, fallback: false)
        .WithFlag("enable-local-script-checks", "Whether checks may run programs that files of the agent define.");

    // CHK-9.
    private static readonly ConfigKey<TimeSpan> UpdateInterval = Table.Bound("check_update_interval", static (key, text) =>
        string.IsNullOrEmpty(text) ? TimeSpan.FromMinutes(5) : Duration(key, text, TimeSpan.Zero));

    private static readonly ConfigKey<bool> DiscardOutput = Table.Flag("discard_check_output", fallback: false);

    /// <summary>Bytes of an output; null: as many as the product takes.</summary>
    public static readonly ConfigKey<int?> OutputSize = Table.Number(CheckOptions.OutputSizeKey)
        .WithFlag(CheckOptions.OutputSizeKey, "How many bytes of the output of a check are kept.");

    private static readonly ConfigKey<bool> FollowOtherHosts = Table.Flag(CheckOptions.OtherHostsKey, fallback: true);

    private static readonly ConfigKey<bool> EnableAgentTls = Table.Flag("enable_agent_tls_for_checks", fallback: false);

    /// <summary>Whether checks use the agent's certificate and CAs.</summary>
    public static bool UseAgentTls(ConfigValues values) => values.Of(EnableAgentTls);

    /// <summary>How the catalog is told of services and checks.</summary>
    /// <param name="values">What was said.</param>
    /// <param name="isRemote">Whether it is the servers' own.</param>
    public static SyncOptions Sync(ConfigValues values, bool isRemote) => new()
    {
        IsRemote = isRemote,
        CheckUpdateInterval = values.Of(UpdateInterval),
        DiscardsOutput = values.Of(DiscardOutput),
    };

    /// <summary>How checks run.</summary>
    /// <exception cref="ConfigurationException">With the text of config-and-cli section 2.</exception>
    public static CheckOptions Build(ConfigValues values)
    {
        Require(
            values.Of(OutputSize) is null or > 0, $"{OutputSize.Path} must be positive, to discard check output use the discard_check_output flag");
        var scripts = values.Of(EnableScripts);
        return new CheckOptions
        {
            RunsScripts = scripts,
            RunsLocalScripts = scripts || values.Of(EnableLocalScripts),
            OutputSize = values.Of(OutputSize) ?? new CheckOptions().OutputSize,
            FollowsOtherHosts = values.Of(FollowOtherHosts),
        };
    }
}
