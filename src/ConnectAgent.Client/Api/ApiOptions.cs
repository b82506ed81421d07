namespace ConnectAgent.Client.Api;

/// <summary>How an agent is reached (config-and-cli section 4). May hold a token: never printed.</summary>
internal sealed record ApiOptions
{
    /// <summary>Unless it is said.</summary>
    public const string DefaultAddress = "127.0.0.1:8500";

    /// <summary><c>host:port</c>, <c>http://…</c>, <c>https://…</c> or <c>unix://PATH</c>.</summary>
    public string Address { get; init; } = DefaultAddress;

    /// <summary>Whether an address without a scheme is <c>https</c>.</summary>
    public bool IsSecure { get; init; }

    /// <summary>Whether the agent's certificate must be good.</summary>
    public bool Verify { get; init; } = true;

    /// <summary>PEM file with the only CAs that may certify the agent; null: those of the system.</summary>
    public string? AuthorityFile { get; init; }

    /// <summary>Directory of such files.</summary>
    public string? AuthorityDirectory { get; init; }

    /// <summary>PEM file with the certificate that is shown; null for none.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>PEM file with its key.</summary>
    public string? KeyFile { get; init; }

    /// <summary>The name that the agent's certificate must hold; null: the host of its address.</summary>
    public string? TlsName { get; init; }

    /// <summary>The ACL token; null for none.</summary>
    public string? Token { get; init; }

    /// <summary><c>user:password</c> of basic authentication; null for none.</summary>
    public string? Login { get; init; }

    /// <summary>Query keys that go with each request, for instance <c>dc</c>.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Query { get; init; } = [];
}
