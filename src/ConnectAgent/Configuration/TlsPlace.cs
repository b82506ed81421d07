namespace ConnectAgent.Configuration;

/// <summary>The keys of one of the places that speak of TLS; they are spelled alike wherever they stand.</summary>
/// <param name="table">Where they are added.</param>
/// <param name="prefix">The place's, with its dot.</param>
internal sealed class TlsPlace(KeyTable table, string prefix)
{
    public ConfigKey<string?> CertificateFile { get; } = table.Text(prefix + "cert_file").Reloaded();

    public ConfigKey<string?> KeyFile { get; } = table.Text(prefix + "key_file").Reloaded();

    public ConfigKey<string?> AuthorityFile { get; } = table.Text(prefix + "ca_file").Reloaded();

    public ConfigKey<string?> AuthorityDirectory { get; } = table.Text(prefix + "ca_path").Reloaded();

    public ConfigKey<string?> MinVersion { get; } = table.Text(prefix + "tls_min_version").Reloaded();

    public ConfigKey<string?> CipherSuites { get; } = table.Text(prefix + "tls_cipher_suites").Reloaded();

    public ConfigKey<bool?> VerifyIncoming { get; } = table.Flag(prefix + "verify_incoming").Reloaded();

    public ConfigKey<string?>[] Files => [CertificateFile, KeyFile, AuthorityFile, AuthorityDirectory];

    public ConfigKey<string?>[] Texts => [.. Files, MinVersion, CipherSuites];
}
