using ConnectAgent.Client.Api;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace ConnectAgent.Client;

/// <summary>How agents are reached. Read once, when the client is made. May hold a token: never log it.</summary>
public sealed class ConnectClientOptions
{
    /// <summary>
    /// The agent: <c>host:port</c>, <c>http://…</c>, <c>https://…</c> or <c>unix:///path</c>. Reading gives the first of <see cref="Addresses"/>, setting replaces all of them.
    /// </summary>
    public string Address
    {
        get => Addresses[0];
        set => Addresses = [value];
    }

    /// <summary>Agents that serve the same mesh, at least one. One is asked until it fails, then the next.</summary>
    public IReadOnlyList<string> Addresses { get; set; } = [ApiOptions.DefaultAddress];

    /// <summary>The ACL token; null for none. <see cref="TokenFile"/> wins.</summary>
    public string? Token { get; set; }

    /// <summary>A file with the ACL token; it is read again when it has changed. Null for none.</summary>
    public string? TokenFile { get; set; }

    /// <summary>The datacenter that is asked; null: the agent's own.</summary>
    public string? Datacenter { get; set; }

    /// <summary>A PEM file with the only CAs that may certify an agent reached by HTTPS; null: those of the system.</summary>
    public string? AuthorityFile { get; set; }

    /// <summary>A directory of such files; null for none.</summary>
    public string? AuthorityDirectory { get; set; }

    /// <summary>A PEM file with the certificate that is shown to the agent; null for none.</summary>
    public string? CertificateFile { get; set; }

    /// <summary>A PEM file with the key of <see cref="CertificateFile"/>.</summary>
    public string? KeyFile { get; set; }

    /// <summary>The name that the agent's certificate must hold; null: the host of its address.</summary>
    public string? TlsServerName { get; set; }

    /// <summary>Whether the agent's certificate must be good; true unless it is set. Leave it: who answers in the agent's place decides who may connect.</summary>
    public bool VerifyTls { get; set; } = true;

    /// <summary>Whether an address without a scheme is HTTPS; false unless it is set.</summary>
    public bool UseTls { get; set; }

    /// <summary>How long an answer may take, beyond the time that a blocking query is held; 10 s unless it is set.</summary>
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long the agent holds a blocking query without a change; 60 s unless it is set. Shorter finds a dead connection sooner, longer asks less often.</summary>
    public TimeSpan WatchTime { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>The clock of pauses, time-outs and validity periods; the system's unless it is set.</summary>
    public TimeProvider TimeProvider { get; set; } = TimeProvider.System;

    /// <summary>Where is logged that an agent fails and comes back, that a leaf or the roots have changed; nowhere unless it is set.</summary>
    public ILoggerFactory LoggerFactory { get; set; } = NullLoggerFactory.Instance;

    /// <summary>
    /// What the environment of Consul's clients says: <c>CONSUL_HTTP_ADDR</c> (several, parted by commas), <c>CONSUL_HTTP_TOKEN</c>, <c>CONSUL_HTTP_TOKEN_FILE</c>,
    /// <c>CONSUL_HTTP_SSL</c>, <c>CONSUL_HTTP_SSL_VERIFY</c>, <c>CONSUL_CACERT</c>, <c>CONSUL_CAPATH</c>, <c>CONSUL_CLIENT_CERT</c>, <c>CONSUL_CLIENT_KEY</c>,
    /// <c>CONSUL_TLS_SERVER_NAME</c>.
    /// </summary>
    public static ConnectClientOptions FromEnvironment()
    {
        var options = new ConnectClientOptions
        {
            Token = ApiEnvironment.Text(ApiEnvironment.Token),
            TokenFile = ApiEnvironment.Text(ApiEnvironment.TokenFile),
            AuthorityFile = ApiEnvironment.Text(ApiEnvironment.AuthorityFile),
            AuthorityDirectory = ApiEnvironment.Text(ApiEnvironment.AuthorityDirectory),
            CertificateFile = ApiEnvironment.Text(ApiEnvironment.CertificateFile),
            KeyFile = ApiEnvironment.Text(ApiEnvironment.KeyFile),
            TlsServerName = ApiEnvironment.Text(ApiEnvironment.TlsName),
            VerifyTls = ApiEnvironment.Flag(ApiEnvironment.Verify) ?? true,
            UseTls = ApiEnvironment.Flag(ApiEnvironment.Secure) ?? false,
        };
        if (ApiEnvironment.Text(ApiEnvironment.Address) is { } addresses)
        {
            options.Addresses = addresses.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        }

        return options;
    }

    internal ApiOptions For(string address) => new()
    {
        Address = address,
        IsSecure = UseTls,
        Verify = VerifyTls,
        AuthorityFile = AuthorityFile,
        AuthorityDirectory = AuthorityDirectory,
        CertificateFile = CertificateFile,
        KeyFile = KeyFile,
        TlsName = TlsServerName,
        Token = Token,
        Query = Datacenter is null ? [] : [new("dc", Datacenter)],
    };
}
