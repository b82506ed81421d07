using ConnectAgent.Agent.Servers.Transport;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>How the servers of an agent without a control plane are reached.</summary>
internal sealed record ServerSettings
{
    public static readonly KeyTable Table = new("connect_agent.");

    public static readonly ConfigKey<IReadOnlyList<string>> ServersKey = Table.Texts("servers")
        .WithFlag("server-addr", "A server to talk to, as http://host:port or https://host:port; may be repeated.");

    public static readonly ConfigKey<bool> DelegateLeafKey = Table.Flag("delegate_leaf", fallback: false);

    private static readonly ConfigKey<TimeSpan> TimeoutKey = Table.Duration("server_timeout", ConsulServerOptions.DefaultRequestTime);

    private static readonly ConfigKey<string?> AuthorityFileKey = Table.Text("server_ca_file").Reloaded();

    private static readonly ConfigKey<string?> CertificateFileKey = Table.Text("server_cert_file").Reloaded();

    private static readonly ConfigKey<string?> KeyFileKey = Table.Text("server_key_file").Reloaded();

    private static readonly ConfigKey<string?> TlsNameKey = Table.Text("server_name").Reloaded();

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
    public static ServerSettings Build(ConfigValues values)
    {
        List<Uri> addresses = [.. values.Of(ServersKey).Select(static text => ServerAddress.Parse(ServersKey.Path, text)).Distinct()];
        if (string.IsNullOrEmpty(values.Of(CertificateFileKey)) != string.IsNullOrEmpty(values.Of(KeyFileKey)))
        {
            throw new ConfigurationException("connect_agent.server_cert_file and connect_agent.server_key_file go together");
        }

        if (values.Of(TlsNameKey) is { Length: > 0 } name && Uri.CheckHostName(name) == UriHostNameType.Unknown)
        {
            throw new ConfigurationException($"connect_agent.server_name: {GoQuote.Of(name)} is no host name");
        }

        if (values.Of(DelegateLeafKey) && addresses.Find(ServerAddress.IsExposed) is { } exposed)
        {
            throw new ConfigurationException(
                $"connect_agent.delegate_leaf: private keys would come from {exposed.GetLeftPart(UriPartial.Authority)} in the clear: use https");
        }

        return new ServerSettings
        {
            Addresses = addresses,
            Timeout = values.Of(TimeoutKey),
            AuthorityFile = values.Of(AuthorityFileKey) is { Length: > 0 } own ? own : TlsSettings.SharedAuthorityFile(values),
            CertificateFile = NullIfEmpty(values.Of(CertificateFileKey)),
            KeyFile = NullIfEmpty(values.Of(KeyFileKey)),
            TlsName = NullIfEmpty(values.Of(TlsNameKey)),
            DelegateLeaf = values.Of(DelegateLeafKey),
        };
    }

    private static string? NullIfEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;
}
