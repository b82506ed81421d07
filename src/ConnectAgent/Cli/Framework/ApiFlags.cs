using System.CommandLine;
using ConnectAgent.Client.Api;

namespace ConnectAgent.Cli.Framework;

/// <summary>How a command reaches a running agent: flags, else the client environment (config-and-cli section 4).</summary>
internal static class ApiFlags
{
    private static readonly Option<string?> Address = Flag.Text("http-addr", "The agent: host:port, http://…, https://… or unix:///path (CONSUL_HTTP_ADDR).");
    private static readonly Option<string?> Token = Flag.Text("token", "The ACL token (CONSUL_HTTP_TOKEN).");
    private static readonly Option<string?> TokenFile = Flag.Text("token-file", "A file that holds the ACL token (CONSUL_HTTP_TOKEN_FILE).");
    private static readonly Option<string?> AuthorityFile = Flag.Text("ca-file", "A PEM file with the CAs of the agent's certificate (CONSUL_CACERT).");
    private static readonly Option<string?> AuthorityDirectory = Flag.Text("ca-path", "A directory of such files (CONSUL_CAPATH).");
    private static readonly Option<string?> CertificateFile = Flag.Text("client-cert", "A PEM file with the certificate to show (CONSUL_CLIENT_CERT).");
    private static readonly Option<string?> KeyFile = Flag.Text("client-key", "A PEM file with its key (CONSUL_CLIENT_KEY).");
    private static readonly Option<string?> TlsName = Flag.Text("tls-server-name", "The name in the agent's certificate (CONSUL_TLS_SERVER_NAME).");
    private static readonly Option<string?> Datacenter = Flag.Text("datacenter", "The datacenter to ask; the agent's own unless it is said.");
    private static readonly Option<bool> Stale = Flag.Switch("stale", "Takes an answer of a server that may be behind.");
    private static readonly Option<string?> Namespace = Flag.Text("namespace", "Accepted, and refused by the agent: there are no namespaces (CONSUL_NAMESPACE).");

    /// <summary>What every command takes that asks an agent.</summary>
    public static IReadOnlyList<Option> All { get; } =
    [
        Address, Token, TokenFile, AuthorityFile, AuthorityDirectory, CertificateFile, KeyFile, TlsName, Datacenter, Stale, Namespace,
    ];

    /// <summary>What flags and environment say.</summary>
    /// <exception cref="CommandFailure">A token file that cannot be read.</exception>
    public static ApiOptions Of(ParseResult result)
    {
        List<KeyValuePair<string, string>> query = [];
        Add("dc", NotEmpty(result.GetValue(Datacenter)));
        Add("ns", Of(result, Namespace, ApiEnvironment.Namespace));
        Add("stale", result.GetValue(Stale) ? string.Empty : null);
        return new ApiOptions
        {
            Address = Of(result, Address, ApiEnvironment.Address) ?? ApiOptions.DefaultAddress,
            IsSecure = ApiEnvironment.Flag(ApiEnvironment.Secure) ?? false,
            Verify = ApiEnvironment.Flag(ApiEnvironment.Verify) ?? true,
            AuthorityFile = Of(result, AuthorityFile, ApiEnvironment.AuthorityFile),
            AuthorityDirectory = Of(result, AuthorityDirectory, ApiEnvironment.AuthorityDirectory),
            CertificateFile = Of(result, CertificateFile, ApiEnvironment.CertificateFile),
            KeyFile = Of(result, KeyFile, ApiEnvironment.KeyFile),
            TlsName = Of(result, TlsName, ApiEnvironment.TlsName),
            Token = TokenOf(result),
            Login = ApiEnvironment.Text(ApiEnvironment.Login),
            Query = query,
        };

        void Add(string key, string? value)
        {
            if (value is not null)
            {
                query.Add(new(key, value));
            }
        }
    }

    private static string? Of(ParseResult result, Option<string?> flag, string variable) => NotEmpty(result.GetValue(flag)) ?? ApiEnvironment.Text(variable);

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Flags win over the environment, a file over a text.
    private static string? TokenOf(ParseResult result)
    {
        var (file, text) = (NotEmpty(result.GetValue(TokenFile)), NotEmpty(result.GetValue(Token)));
        if (file is null && text is null)
        {
            (file, text) = (ApiEnvironment.Text(ApiEnvironment.TokenFile), ApiEnvironment.Text(ApiEnvironment.Token));
        }

        try
        {
            return file is null ? text : InputFile.Token(file);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new CommandFailure("Error connecting to Consul agent: " + InputFile.Reason(file!, error));
        }
    }
}
