using System.Net.Security;
using System.Security.Authentication;
using ConnectAgent.Hosting;
using ConnectAgent.Protocol.Text;

namespace ConnectAgent.Configuration;

/// <summary>
/// TLS of the HTTPS listener. Files say it in three places: <c>tls.https</c> beats <c>tls.defaults</c>, which beats the keys of the top level
/// (config-and-cli section 2; http-conventions LIS-4).
/// </summary>
internal sealed record TlsSettings
{
    private const string HttpsPrefix = "tls.https.";

    private static readonly string[] Versions = ["tls10", "tls11", "tls12", "tls13"];

    /// <summary>The <c>tls</c> object.</summary>
    public static ConfigSchema Schema { get; } = new ConfigSchema()
        .Object("defaults", Acted(values => values.TlsDefaults).Inert(ConfigType.Flag, "verify_outgoing", "verify_server_hostname"))
        .Object("https", Acted(values => values.TlsHttps).Inert(ConfigType.Flag, "verify_outgoing"))
        .Object("grpc", new ConfigSchema()
            .Inert(ConfigType.Text, "ca_file", "ca_path", "cert_file", "key_file")
            .Guards(ConfigType.Text, "tls_min_version", "tls_cipher_suites")
            .Guards(ConfigType.Flag, "verify_incoming")
            .Inert(ConfigType.Flag, "use_auto_cert"))
        .Object("internal_rpc", new ConfigSchema()
            .Inert(ConfigType.Text, "ca_file", "ca_path", "cert_file", "key_file", "tls_min_version", "tls_cipher_suites")
            .Inert(ConfigType.Flag, "verify_incoming", "verify_outgoing", "verify_server_hostname"));

    /// <summary>PEM file with the server's chain; null without HTTPS.</summary>
    public required string? CertificateFile { get; init; }

    /// <summary>PEM file with its key.</summary>
    public required string? KeyFile { get; init; }

    /// <summary>PEM file with the CAs of client certificates; beats <see cref="AuthorityDirectory"/>.</summary>
    public required string? AuthorityFile { get; init; }

    /// <summary>Directory of such files.</summary>
    public required string? AuthorityDirectory { get; init; }

    /// <summary>Never below TLS 1.2.</summary>
    public required SslProtocols Protocols { get; init; }

    /// <summary>Of TLS 1.2; empty: those of the system. TLS 1.3 has its own.</summary>
    public required IReadOnlyList<TlsCipherSuite> CipherSuites { get; init; }

    /// <summary>Whether clients must show a certificate.</summary>
    public required bool VerifyIncoming { get; init; }

    /// <summary>How long a handshake may take.</summary>
    public required TimeSpan HandshakeTimeout { get; init; }

    /// <summary>Whether there is what HTTPS needs.</summary>
    public static bool HasCertificate(ConfigValues values) =>
        First(Places(values), place => place.CertificateFile) is not null && First(Places(values), place => place.KeyFile) is not null;

    /// <summary>Merges the three places.</summary>
    /// <param name="isServed">Whether HTTPS is served; what nothing depends on is not checked.</param>
    /// <exception cref="ConfigurationException">It names the key.</exception>
    public static TlsSettings Build(ConfigValues values, bool isServed)
    {
        var places = Places(values);
        return new TlsSettings
        {
            CertificateFile = First(places, place => place.CertificateFile),
            KeyFile = First(places, place => place.KeyFile),
            AuthorityFile = First(places, place => place.AuthorityFile),
            AuthorityDirectory = First(places, place => place.AuthorityDirectory),
            Protocols = ProtocolsOf(isServed ? First(places, place => place.MinVersion) : null),
            CipherSuites = SuitesOf(isServed ? First(places, place => place.CipherSuites) : null),
            VerifyIncoming = values.TlsHttps.VerifyIncoming
                ?? ((values.VerifyIncomingHttps ?? false) || (values.TlsDefaults.VerifyIncoming ?? values.TlsTop.VerifyIncoming ?? false)),
            HandshakeTimeout = ConfigChecks.Duration("limits.https_handshake_timeout", values.HandshakeTimeout, HttpsListener.HandshakeUnlessConfigured),
        };
    }

    /// <summary>What the way to the servers trusts unless it is told otherwise: all but what is said of HTTPS alone.</summary>
    public static string? SharedAuthorityFile(ConfigValues values) => First([values.TlsDefaults, values.TlsTop], place => place.AuthorityFile);

    /// <summary>The keys that are set and speak of HTTPS alone; where HTTPS is not served they have no effect.</summary>
    /// <param name="trustsServers">Whether there are servers, to which <see cref="SharedAuthorityFile"/> leads.</param>
    public static IEnumerable<string> KeysOfHttps(ConfigValues values, bool trustsServers)
    {
        if (values.VerifyIncomingHttps is true)
        {
            yield return "verify_incoming_https";
        }

        foreach (var (prefix, place) in new[] { (HttpsPrefix, values.TlsHttps), ("tls.defaults.", values.TlsDefaults), (string.Empty, values.TlsTop) })
        {
            (string Name, bool IsSet)[] keys =
            [
                ("cert_file", !string.IsNullOrEmpty(place.CertificateFile)),
                ("key_file", !string.IsNullOrEmpty(place.KeyFile)),
                ("ca_file", !string.IsNullOrEmpty(place.AuthorityFile) && (prefix == HttpsPrefix || !trustsServers)),
                ("ca_path", !string.IsNullOrEmpty(place.AuthorityDirectory)),
                ("tls_min_version", !string.IsNullOrEmpty(place.MinVersion)),
                ("tls_cipher_suites", !string.IsNullOrEmpty(place.CipherSuites)),
                ("verify_incoming", place.VerifyIncoming is true),
            ];
            foreach (var (name, isSet) in keys)
            {
                if (isSet)
                {
                    yield return prefix + name;
                }
            }
        }
    }

    private static TlsValues[] Places(ConfigValues values) => [values.TlsHttps, values.TlsDefaults, values.TlsTop];

    private static string? First(TlsValues[] places, Func<TlsValues, string?> get) =>
        Array.Find([.. places.Select(get)], text => !string.IsNullOrEmpty(text));

    private static ConfigSchema Acted(Func<ConfigValues, TlsValues> place) => new ConfigSchema().Tls(place)
        .Flag("verify_incoming", (values, flag) => place(values).VerifyIncoming = flag);

    private static SslProtocols ProtocolsOf(string? least) => least switch
    {
        null => SslProtocols.Tls12 | SslProtocols.Tls13,
        "tls13" => SslProtocols.Tls13,
        _ when Versions.Contains(least) => SslProtocols.Tls12 | SslProtocols.Tls13,
        _ => throw new ConfigurationException($"tls_min_version: {GoQuote.Of(least)} is none of {string.Join(", ", Versions)}"),
    };

    private static List<TlsCipherSuite> SuitesOf(string? names) =>
        [.. (names ?? string.Empty).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(name =>
            Enum.TryParse<TlsCipherSuite>(name, out var suite) && Enum.IsDefined(suite) && !char.IsDigit(name[0])
                ? suite
                : throw new ConfigurationException($"tls_cipher_suites: {GoQuote.Of(name)} is no cipher suite that is known here"))];
}

/// <summary>The keys that are spelled alike wherever they stand.</summary>
internal static class TlsKeys
{
    /// <summary>Adds those of one place.</summary>
    public static ConfigSchema Tls(this ConfigSchema schema, Func<ConfigValues, TlsValues> place) => schema
        .Text("cert_file", (values, text) => place(values).CertificateFile = text)
        .Text("key_file", (values, text) => place(values).KeyFile = text)
        .Text("ca_file", (values, text) => place(values).AuthorityFile = text)
        .Text("ca_path", (values, text) => place(values).AuthorityDirectory = text)
        .Text("tls_min_version", (values, text) => place(values).MinVersion = text)
        .Text("tls_cipher_suites", (values, text) => place(values).CipherSuites = text);

    /// <summary>Adds those of the top level. What guards ports that are never opened has no effect.</summary>
    public static ConfigSchema TopLevelTls(this ConfigSchema schema) => schema.Tls(values => values.TlsTop)
        .Flag("verify_incoming", (values, flag) => values.TlsTop.VerifyIncoming = flag)
        .Flag("verify_incoming_https", (values, flag) => values.VerifyIncomingHttps = flag)
        .Inert(ConfigType.Flag, "verify_incoming_rpc", "verify_outgoing", "verify_server_hostname", "tls_prefer_server_cipher_suites");
}
