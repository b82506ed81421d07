namespace ConnectAgent.Configuration;

/// <summary>The agent's own certificate and the CAs that it trusts, as files. Null for none.</summary>
/// <param name="CertificateFile">PEM: the certificate first, then its intermediates.</param>
/// <param name="KeyFile">PEM; there with <paramref name="CertificateFile"/> only.</param>
/// <param name="AuthorityFile">PEM; beats <paramref name="AuthorityDirectory"/>.</param>
/// <param name="AuthorityDirectory">A directory of such files.</param>
internal sealed record AgentTlsFiles(string? CertificateFile, string? KeyFile, string? AuthorityFile, string? AuthorityDirectory);
