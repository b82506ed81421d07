using System.Net.Security;
using System.Security.Authentication;
using ConnectAgent.Protocol.Limits;
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

    public static readonly KeyTable Table = new();

    private static readonly TlsPlace Https = new(Table, HttpsPrefix);

    private static readonly TlsPlace Defaults = new(Table, "tls.defaults.");

    private static readonly TlsPlace Top = new(Table, string.Empty);

    private static readonly TlsPlace[] Places = [Https, Defaults, Top];

    /// <summary>What HTTPS speaks at least where none of its places says it.</summary>
    public const string LeastVersion = "tls12";

    /// <summary>Of the top level.</summary>
    public static ConfigKey<string?> MinVersion => Top.MinVersion;

    private static readonly ConfigKey<bool> VerifyIncomingHttps = Table.Flag("verify_incoming_https", fallback: false).Reloaded();

    /// <summary>How long a handshake may take unless the configuration says otherwise (http-conventions LIS-4).</summary>
    [Limit("http.handshake", "s", "the connection is closed", Key = "limits.https_handshake_timeout")]
    private static readonly TimeSpan HandshakeUnlessConfigured = TimeSpan.FromSeconds(5);

    private static readonly ConfigKey<TimeSpan> HandshakeLimit = Table.Duration("limits.https_handshake_timeout", HandshakeUnlessConfigured);

    /// <summary>What is accepted of the <c>tls</c> object beside them.</summary>
    public static ConfigSchema Others { get; } = new ConfigSchema()
        .Object("defaults", new ConfigSchema().Inert(ConfigTypes.Flag, "verify_outgoing", "verify_server_hostname"))
        .Object("https", new ConfigSchema().Inert(ConfigTypes.Flag, "verify_outgoing"))
        .Object("grpc", new ConfigSchema()
            .Inert(ConfigTypes.Text, "ca_file", "ca_path", "cert_file", "key_file")
            .Guards(ConfigTypes.Text, "tls_min_version", "tls_cipher_suites")
            .Guards(ConfigTypes.Flag, "verify_incoming")
            .Inert(ConfigTypes.Flag, "use_auto_cert"))
        .Object("internal_rpc", new ConfigSchema()
            .Inert(ConfigTypes.Text, "ca_file", "ca_path", "cert_file", "key_file", "tls_min_version", "tls_cipher_suites")
            .Inert(ConfigTypes.Flag, "verify_incoming", "verify_outgoing", "verify_server_hostname"));

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
        First(values, Places, place => place.CertificateFile) is not null && First(values, Places, place => place.KeyFile) is not null;

    /// <summary>Merges the three places.</summary>
    /// <param name="isServed">Whether HTTPS is served; what nothing depends on is not checked.</param>
    /// <exception cref="ConfigurationException">It names the key.</exception>
    public static TlsSettings Build(ConfigValues values, bool isServed)
    {
        return new TlsSettings
        {
            CertificateFile = First(values, Places, place => place.CertificateFile),
            KeyFile = First(values, Places, place => place.KeyFile),
            AuthorityFile = First(values, Places, place => place.AuthorityFile),
            AuthorityDirectory = First(values, Places, place => place.AuthorityDirectory),
            Protocols = ProtocolsOf(isServed ? First(values, Places, place => place.MinVersion) : null),
            CipherSuites = SuitesOf(isServed ? First(values, Places, place => place.CipherSuites) : null),
            VerifyIncoming = values.Of(Https.VerifyIncoming)
                ?? (values.Of(VerifyIncomingHttps) || (values.Of(Defaults.VerifyIncoming) ?? values.Of(Top.VerifyIncoming) ?? false)),
            HandshakeTimeout = values.Of(HandshakeLimit),
        };
    }

    /// <summary>What the way to the servers trusts unless it is told otherwise: all but what is said of HTTPS alone.</summary>
    public static string? SharedAuthorityFile(ConfigValues values) => First(values, [Defaults, Top], place => place.AuthorityFile);

    /// <summary>What the agent shows and trusts where it is a client itself: all but what is said of HTTPS alone.</summary>
    public static AgentTlsFiles FilesOfTheAgent(ConfigValues values)
    {
        TlsPlace[] places = [Defaults, Top];
        var files = new AgentTlsFiles(
            First(values, places, place => place.CertificateFile),
            First(values, places, place => place.KeyFile),
            First(values, places, place => place.AuthorityFile),
            First(values, places, place => place.AuthorityDirectory));
        return files.CertificateFile is null == files.KeyFile is null
            ? files
            : throw new ConfigurationException("enable_agent_tls_for_checks: cert_file and key_file go together");
    }

    /// <summary>The keys that are set and speak of HTTPS alone; where HTTPS is not served they have no effect.</summary>
    /// <param name="trustsServers">Whether there are servers, to which <see cref="SharedAuthorityFile"/> leads.</param>
    /// <param name="areForChecks">Whether checks use <see cref="FilesOfTheAgent"/>.</param>
    public static IEnumerable<string> KeysOfHttps(ConfigValues values, bool trustsServers, bool areForChecks)
    {
        if (values.Of(VerifyIncomingHttps))
        {
            yield return VerifyIncomingHttps.Path;
        }

        foreach (var place in Places)
        {
            foreach (var key in place.Texts)
            {
                var isUsed = place != Https && ((trustsServers && key == place.AuthorityFile) || (areForChecks && place.Files.Contains(key)));
                if (!string.IsNullOrEmpty(values.Of(key)) && !isUsed)
                {
                    yield return key.Path;
                }
            }

            if (values.Of(place.VerifyIncoming) is true)
            {
                yield return place.VerifyIncoming.Path;
            }
        }
    }

    private static string? First(ConfigValues values, TlsPlace[] places, Func<TlsPlace, ConfigKey<string?>> key) =>
        Array.Find([.. places.Select(place => values.Of(key(place)))], text => !string.IsNullOrEmpty(text));

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
