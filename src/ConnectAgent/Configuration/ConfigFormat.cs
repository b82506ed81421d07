namespace ConnectAgent.Configuration;

/// <summary>What a configuration file is written in.</summary>
internal enum ConfigFormat
{
    /// <summary>Names in <c>.json</c>.</summary>
    Json,

    /// <summary>Names in <c>.hcl</c>: version 1 of the language.</summary>
    Hcl,
}

/// <summary>How the command line and file names say it (config-and-cli LOAD-1).</summary>
internal static class ConfigFormats
{
    /// <summary>The format that a file's name says; null for none.</summary>
    public static ConfigFormat? OfName(string path) =>
        path.EndsWith(".json", StringComparison.Ordinal) ? ConfigFormat.Json : path.EndsWith(".hcl", StringComparison.Ordinal) ? ConfigFormat.Hcl : null;

    /// <summary>The value of <c>-config-format</c>; null where it says nothing.</summary>
    /// <exception cref="ConfigurationException">It is neither.</exception>
    public static ConfigFormat? OfFlag(string? text) => text switch
    {
        null or "" => null,
        "json" => ConfigFormat.Json,
        "hcl" => ConfigFormat.Hcl,
        _ => throw new ConfigurationException("config: -config-format must be either 'hcl' or 'json'"),
    };
}
