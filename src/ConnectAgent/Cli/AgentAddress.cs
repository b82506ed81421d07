using System.CommandLine;
using System.Net.Sockets;
using ConnectAgent.Configuration;

namespace ConnectAgent.Cli;

/// <summary>How a command reaches a running agent: flags, else the client environment (config-and-cli section 4).</summary>
internal sealed class AgentAddress
{
    private const string DefaultAddress = "127.0.0.1:8500";

    private readonly Option<string?> _address = Text("http-addr", "The agent: host:port, http://…, https://… or unix:///path (CONSUL_HTTP_ADDR).");
    private readonly Option<string?> _token = Text("token", "The ACL token (CONSUL_HTTP_TOKEN).");
    private readonly Option<string?> _tokenFile = Text("token-file", "A file that holds the ACL token (CONSUL_HTTP_TOKEN_FILE).");

    public void AddTo(Command command)
    {
        command.Options.Add(_address);
        command.Options.Add(_token);
        command.Options.Add(_tokenFile);
    }

    /// <summary>Makes a client that sends the token with each request.</summary>
    /// <exception cref="ConfigurationException">An address or a token file that cannot be used.</exception>
    public HttpClient Connect(ParseResult result)
    {
        var text = NotEmpty(result.GetValue(_address)) ?? Variable("CONSUL_HTTP_ADDR") ?? DefaultAddress;
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        Uri address;
        if (text.StartsWith("unix://", StringComparison.Ordinal))
        {
            var path = text["unix://".Length..];
            handler.ConnectCallback = async (_, cancellationToken) =>
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellationToken);
                    return new NetworkStream(socket, ownsSocket: true);
                }
                catch
                {
                    socket.Dispose();
                    throw;
                }
            };
            address = new Uri("http://localhost");
        }
        else
        {
            address = AddressOf(text);
        }

        if (Variable("CONSUL_HTTP_SSL_VERIFY") is { } verify && !IsTrue(verify))
        {
#pragma warning disable CA5359 // The operator asked for it, by the variable that exists for this.
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
        }

        var client = new HttpClient(handler) { BaseAddress = address, Timeout = TimeSpan.FromMinutes(5) };
        if (TokenOf(result) is { Length: > 0 } token)
        {
            client.DefaultRequestHeaders.Add("X-Consul-Token", token);
        }

        if (Variable("CONSUL_HTTP_AUTH") is { } login)
        {
            client.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(login)));
        }

        return client;
    }

    private static Uri AddressOf(string text)
    {
        var scheme = text.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0 && text[..scheme] is not ("http" or "https"))
        {
            throw new ConfigurationException("Unknown protocol scheme: " + text[..scheme]);
        }

        var secure = Variable("CONSUL_HTTP_SSL") is { } ssl && IsTrue(ssl);
        return Uri.TryCreate(scheme >= 0 ? text : (secure ? "https://" : "http://") + text, UriKind.Absolute, out var address)
            ? address
            : throw new ConfigurationException($"\"{text}\" is no address of an agent");
    }

    private static bool IsTrue(string text) => text is "1" or "t" or "T" or "true" or "TRUE" or "True";

    private static Option<string?> Text(string name, string description) => new("-" + name, "--" + name) { Description = description };

    private static string? Variable(string name) => NotEmpty(Environment.GetEnvironmentVariable(name));

    private static string? NotEmpty(string? text) => string.IsNullOrEmpty(text) ? null : text;

    // Flags win over the environment, a file over a text.
    private string? TokenOf(ParseResult result)
    {
        var (file, text) = (NotEmpty(result.GetValue(_tokenFile)), NotEmpty(result.GetValue(_token)));
        if (file is null && text is null)
        {
            (file, text) = (Variable("CONSUL_HTTP_TOKEN_FILE"), Variable("CONSUL_HTTP_TOKEN"));
        }

        try
        {
            return file is null ? text : File.ReadAllText(file).TrimEnd();
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"the token file cannot be read: {error.Message}");
        }
    }
}
