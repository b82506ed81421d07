namespace ConnectAgent.Client.Api;

/// <summary>The environment of Consul's clients (config-and-cli section 4).</summary>
internal static class ApiEnvironment
{
    public const string Address = "CONSUL_HTTP_ADDR";
    public const string Token = "CONSUL_HTTP_TOKEN";
    public const string TokenFile = "CONSUL_HTTP_TOKEN_FILE";
    public const string Login = "CONSUL_HTTP_AUTH";
    public const string Secure = "CONSUL_HTTP_SSL";
    public const string Verify = "CONSUL_HTTP_SSL_VERIFY";
    public const string AuthorityFile = "CONSUL_CACERT";
    public const string AuthorityDirectory = "CONSUL_CAPATH";
    public const string CertificateFile = "CONSUL_CLIENT_CERT";
    public const string KeyFile = "CONSUL_CLIENT_KEY";
    public const string TlsName = "CONSUL_TLS_SERVER_NAME";
    public const string Namespace = "CONSUL_NAMESPACE";

    /// <summary>A variable; null where it is not there or empty.</summary>
    public static string? Text(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } text ? text : null;

    /// <summary>A variable that is true or not; null where it is not there.</summary>
    public static bool? Flag(string name) => Text(name) is { } text ? text is "1" or "t" or "T" or "true" or "TRUE" or "True" : null;
}
