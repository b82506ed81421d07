namespace ConnectAgent.Configuration;

/// <summary>What one place of the files says of TLS; null where it is silent.</summary>
internal sealed class TlsValues
{
    public string? CertificateFile { get; set; }

    public string? KeyFile { get; set; }

    public string? AuthorityFile { get; set; }

    public string? AuthorityDirectory { get; set; }

    public string? MinVersion { get; set; }

    public string? CipherSuites { get; set; }

    public bool? VerifyIncoming { get; set; }
}
