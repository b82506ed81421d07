using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>What is said of a configuration at the start, by <c>validate</c>, and at a reload.</summary>
internal static class ConfigWarnings
{
    /// <summary>What a valid configuration is warned of, each thing once.</summary>
    public static IReadOnlyList<string> Of(ConfigValues values, bool server, Dictionary<string, int> ports)
    {
        List<string> warnings = [.. values.Warnings, .. DeprecatedKeys.Warnings(values), .. AclKeys.Warnings(values), .. LogKeys.Warnings(values), .. WatchKeys.Warnings(values)];
        warnings.AddRange(values.WithoutEffect.Select(static unused => unused.Path).Distinct(StringComparer.Ordinal).Select(static key => key + " is accepted and has no effect"));
        if (!server && values.Of(ConnectKeys.BootstrapEntries).Count > 0)
        {
            warnings.Add("config_entries.bootstrap has no effect with server = false: the servers hold the entries");
        }

        if (values.Of(ConnectKeys.AutoEncryptServer))
        {
            warnings.Add("auto_encrypt.allow_tls turns Connect on, and nothing else: agents are given no certificates that way");
        }

        if (values.Of(NodeKeys.BootstrapExpect) is > 1 and var expected)
        {
            warnings.Add($"bootstrap_expect = {expected} has no effect: the embedded control plane is one server, and leads itself");
        }
        else if (values.Of(NodeKeys.BootstrapExpect) == 1)
        {
            warnings.Add("BootstrapExpect is set to 1; this is the same as Bootstrap mode.");
        }

        if (values.Of(NodeKeys.NodeName) is var name && !name.All(static letter => char.IsAsciiLetterOrDigit(letter) || letter == '-'))
        {
            warnings.Add(
                $"Node name {GoQuote.Of(name)} will not be discoverable via DNS due to invalid characters. Valid characters include all alpha-numerics and dashes.");
        }

        if (NodeKeys.Leads(values))
        {
            warnings.Add("bootstrap = true: do not enable unless necessary");
        }

        if (!values.Of(CacheKeys.Persistence) && values.Of(NodeKeys.DataDirectory) is { Length: > 0 } directory && Path.Combine(directory, "agent-cache.sealed") is var file
            && File.Exists(file))
        {
            warnings.Add($"agent.cache_persistence is off, but {file} is still there and holds private keys: delete it");
        }

        if (ports["https"] > 0 && !TlsSettings.HasCertificate(values))
        {
            warnings.Add("ports.https is set without cert_file and key_file: HTTPS is not served");
        }

        if (ports["https"] <= 0 || !TlsSettings.HasCertificate(values))
        {
            warnings.AddRange(TlsSettings.KeysOfHttps(values, trustsServers: !server, CheckKeys.UseAgentTls(values)).Select(key => key + " has no effect: HTTPS is not served"));
        }

        warnings.AddRange(values.Of(ServerSettings.ServersKey).Distinct(StringComparer.Ordinal).Select(static text => ServerAddress.Parse(ServerSettings.ServersKey.Path, text)).Where(ServerAddress.IsExposed).Select(address =>
            $"connect_agent.servers: {address.GetLeftPart(UriPartial.Authority)} is not encrypted: whoever is on the way reads tokens and can put roots of "
            + "their own in the answers; use https"));
        return warnings;
    }
}
