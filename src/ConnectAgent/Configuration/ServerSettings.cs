using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>How the servers of an agent without a control plane are reached.</summary>
internal sealed record ServerSettings
{
    /// <summary>Empty when the embedded control plane runs.</summary>
    public required IReadOnlyList<Uri> Addresses { get; init; }

    /// <summary>How long a server may take for an answer that it does not hold.</summary>
    public required TimeSpan Timeout { get; init; }

    /// <summary>PEM file with the only CAs that may certify a server; null: those of the system.</summary>
    public required string? AuthorityFile { get; init; }

    /// <summary>PEM file with the chain that is shown to servers; null for none.</summary>
    public required string? CertificateFile { get; init; }

    /// <summary>PEM file with its key.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>The name that a server's certificate must hold, in place of the one in its address.</summary>
    public required string? TlsName { get; init; }

    /// <summary>Whether leaves and their keys come from servers that cannot sign (leaf-certificates LEAF-34).</summary>
    public required bool DelegateLeaf { get; init; }

    /// <summary>Checks and completes.</summary>
    /// <exception cref="ConfigurationException">With the name of the key.</exception>
    public static ServerSettings Build(ConfigValues values, TimeSpan timeout)
    {
        List<Uri> addresses = [.. values.Servers.Select(static text => ServerAddress.Parse("connect_agent.servers", text)).Distinct()];
        if (string.IsNullOrEmpty(values.ServerCertificateFile) != string.IsNullOrEmpty(values.ServerKeyFile))
        {
            throw new ConfigurationException("connect_agent.server_cert_file and connect_agent.server_key_file go together");
        }

        if (values.ServerTlsName is { Length: > 0 } name && Uri.CheckHostName(name) == UriHostNameType.Unknown)
        {
            throw new ConfigurationException($"connect_agent.server_name: {GoQuote.Of(name)} is no host name");
        }

        if (values.DelegateLeaf is true && addresses.Find(ServerAddress.IsExposed) is { } exposed)
        {
            throw new ConfigurationException(
                $"connect_agent.delegate_leaf: private keys would come from {exposed.GetLeftPart(UriPartial.Authority)} in the clear: use https");
        }

        return new ServerSettings
        {
            Addresses = addresses,
            Timeout = timeout,
            AuthorityFile = values.ServerAuthorityFile is { Length: > 0 } own ? own : TlsSettings.SharedAuthorityFile(values),
            CertificateFile = NullIfEmpty(values.ServerCertificateFile),
            KeyFile = NullIfEmpty(values.ServerKeyFile),
            TlsName = NullIfEmpty(values.ServerTlsName),
            DelegateLeaf = values.DelegateLeaf ?? false,
        };
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
